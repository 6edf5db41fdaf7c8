"""A report as a list of blocks, and the two ways to write them: Markdown and plain text."""


def heading(line, level=2):
    return "heading", (line, level)


def text(line):
    return "text", line


def table(rows):
    """The first row names the columns; the first column is text, the others are numbers or short words."""
    return "table", [[str(cell) for cell in row] for row in rows]


def items(lines):
    return "items", list(lines)


def markdown(blocks):
    return "\n".join(MARKDOWN[kind](content) for kind, content in blocks)


def plain(blocks):
    return "\n".join(PLAIN[kind](content) for kind, content in blocks)


def piped(rows):
    lines = ["| " + " | ".join(row) + " |\n" for row in rows]
    return lines[0] + "|---|" + "---:|" * (len(rows[0]) - 1) + "\n" + "".join(lines[1:])


def aligned(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ([row[0].ljust(widths[0]), *(cell.rjust(size) for cell, size in zip(row[1:], widths[1:]))] for row in rows)
    return "".join("  ".join(line).rstrip() + "\n" for line in lines)


MARKDOWN = {"heading": lambda content: f"{'#' * content[1]} {content[0]}\n", "text": "{}\n".format, "table": piped,
            "items": lambda lines: "".join(f"- {line}\n" for line in lines)}
PLAIN = {"heading": lambda content: f"{content[0]}\n", "text": lambda line: line.replace("`", "") + "\n",
         "table": aligned, "items": lambda lines: "".join(f"  {line}\n" for line in lines).replace("`", "")}
