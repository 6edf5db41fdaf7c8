#include "schema/schema.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

/**
 * schema_replay SCHEMA_FILE: the checker as a filter, for schema_replay.py.
 *
 * Reads   any number of documents, each as its size in bytes, a newline, and the bytes.
 * Writes  one line for each: "accept", or "refuse KEYWORD POINTER".
 */
int main(int argc, char** argv) try {
    if (argc != 2) {
        std::cerr << "usage: schema_replay SCHEMA_FILE < documents\n";
        return 64;
    }
    notes_export::schema_checker checker{notes_export::schema::load(argv[1])};
    std::string size, document;
    while (std::getline(std::cin, size)) {
        document.resize(std::stoull(size));
        if (!std::cin.read(document.data(), static_cast<std::streamsize>(document.size()))) {
            std::cerr << "schema_replay: the input ends inside a document\n";
            return 1;
        }
        if (auto const v = checker.check(document))
            std::cout << "refuse " << v->keyword << ' ' << v->pointer << '\n';
        else
            std::cout << "accept\n";
    }
    return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (std::exception const& e) {
    std::cerr << "schema_replay: " << e.what() << '\n';
    return EXIT_FAILURE;
}
