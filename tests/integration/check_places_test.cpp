// `check`: what is in the way of files, and of another exporter. Each finding is made by breaking what it is about.
#include "support/check_fixture.hpp"
#include "support/other_user.hpp"

#include <fstream>

namespace test {

namespace fs = std::filesystem;

namespace {

/// A tree of somebody who is not root, as a service has it.
struct owned_tree : check_fixture {
    owned_tree() {
        if (!owner)
            return;
        open_for_all(root.path());
        settings.schema_dir = readable_copy(settings.schema_dir, root.path());
        fs::create_directory(tree());
        give(tree(), *owner);
        REQUIRE(run_command({"once"}).status == 0);
    }
    void to_root(fs::path const& path) const {
        give(path, {});
        fs::permissions(path, fs::perms{0600});
    }
    void back(fs::path const& path) const {
        give(path, *owner);
        REQUIRE(check().status == 0);
    }

    std::optional<exportd::file_owner> owner = other_user();
};

} // namespace

TEST_CASE_METHOD(check_fixture, "check: the right to read earlier runs is one that an export can do without",
                 "[daemon][db]") {
    db.exec("REVOKE SELECT ON dwh.json_export_runs FROM osm_notes_exporter");
    finds(1, "lacks SELECT on dwh.json_export_runs", "run install.sql");
    CHECK(run_command({"once"}).status == 0);
}

TEST_CASE_METHOD(check_fixture, "check: an exporter of another tree is named", "[daemon][db]") {
    daemon_process daemon{root.path(), settings};
    daemon.wait_settled();
    CHECK(check().status == 0);
    settings.directory = root / "other";
    finds(2,
          "error    exporter: another exporter serves schema \"dwh\" of this database, with another tree: osm-notes-"
          "exportd ",
          "end that one");
    CHECK(contains(check().output, ':' + std::to_string(daemon.process().pid()) + ": "));
    CHECK(run_command({"once"}).status == 75);
}

TEST_CASE_METHOD(check_fixture, "check: a version file that could not be written", "[daemon][db]") {
    settings.more = "[output]\nversion_file = " + (root / "absent/version").string() + '\n';
    finds(2, "error    version file: ", "[output] version_file name another place");
    fs::create_directory(root / "absent");
    CHECK(check().status == 0);
    fs::create_directory(root / "absent/version");
    finds(2, "error    version file: a directory is in the place of the file ", "name a file");
}

TEST_CASE_METHOD(check_fixture, "check: links and directories in the place of files and directories", "[daemon][db]") {
    REQUIRE(run_command({"once"}).status == 0);
    for (std::string const path : {".exportd/staging", ".exportd/changes"}) {
        fs::rename(tree() / path, root / "away");
        fs::create_directory_symlink(root / "away", tree() / path);
        finds(2,
              "error    directory: symbolic links in the place of directories, through which nothing is written: " +
                  path,
              "move what they name here");
        fs::remove(tree() / path);
        fs::rename(root / "away", tree() / path);
    }
    for (std::string const path : {"metadata.json", "indexes/users.json"}) {
        fs::rename(tree() / path, root / "away");
        fs::create_directory(tree() / path);
        finds(2, "error    directory: a directory is in the place of the file " + (tree() / path).string(),
              "move it away");
        fs::remove(tree() / path);
        fs::rename(root / "away", tree() / path);
    }
    fs::rename(tree() / ".exportd/lock", root / "away");
    fs::create_symlink(root / "away", tree() / ".exportd/lock");
    finds(2, "cannot open (a symbolic link is in its place: remove that) ", "");
    fs::remove(tree() / ".exportd/lock");
    fs::rename(root / "away", tree() / ".exportd/lock");
    CHECK(check().status == 0);
    settings.directory = tree() / "metadata.json";
    finds(2, "Not a directory", "[output] directory");
}

TEST_CASE_METHOD(check_fixture, "check: a metadata.json that says nothing", "[daemon][db]") {
    REQUIRE(run_command({"once"}).status == 0);
    std::ofstream{tree() / "metadata.json"} << "{";
    finds(1, "warning  directory: " + (tree() / "metadata.json").string() + " is damaged", "once --full");
    CHECK(run_command({"once", "--full"}).status == 0);
    CHECK(check().status == 0);
}

TEST_CASE_METHOD(owned_tree, "check: files of root in the tree of somebody else", "[daemon][db]") {
    if (!owner) {
        WARN("skipped: only root can become somebody else");
        return;
    }
    for (std::string const path : {"metadata.json", "indexes/users.json"}) {
        to_root(tree() / path);
        finds(2, "error    directory: nobody cannot read " + (tree() / path).string() + ", which belongs to root",
              "chown nobody: " + (tree() / path).string());
        back(tree() / path);
    }
    auto const state = tree() / ".exportd/changes/state.json";
    REQUIRE(fs::exists(state));
    to_root(state);
    finds(2, "what belongs to others: .exportd/changes/state.json (root)", "chown -R nobody: " + tree().string());
    auto const said = run_command({"once"}).errors;
    CAPTURE(said);
    CHECK(contains(said, "chown"));
    CHECK_FALSE(contains(said, "as root"));
    back(state);
}

TEST_CASE_METHOD(owned_tree, "check: a configuration file that the service's user cannot read", "[daemon][db]") {
    if (!owner) {
        WARN("skipped: only root can become somebody else");
        return;
    }
    auto const file = root / "service.conf";
    settings.write(file);
    fs::permissions(file, fs::perms{0600});
    child_process command{root / "typed", {"check", "--config", file.string()}};
    CHECK(command.wait_exit() == 2);
    CHECK(contains(command.output(),
                   "error    configuration: nobody cannot read " + file.string() + ": Permission denied\n"));
    CHECK(contains(command.output(), "chgrp "));
}

TEST_CASE_METHOD(check_fixture, "check: a log file without room, or without a directory", "[daemon][db]") {
    auto r = check({"--set", "log.file=/dev/full"});
    CHECK(r.status == 2);
    CHECK(contains(r.output, "cannot write to /dev/full: No space left on device"));
    r = check({"--set", "log.file=" + (root / "absent/x.log").string()});
    CHECK(r.status == 2);
    CHECK(contains(r.output, "install -d -o "));
    CHECK(contains(r.output, (root / "absent").string() + "; or empty [log] file"));
}

TEST_CASE_METHOD(check_fixture, "check: a role that is not let in has the remedy that lets it in", "[daemon][db]") {
    auto const role = "guest_" + db.name();
    db.exec("CREATE ROLE " + role + " LOGIN IN ROLE osm_notes_exporter");
    settings.conninfo = as_role(role);
    db.exec("REVOKE CONNECT ON DATABASE " + db.name() + " FROM public");
    finds(2, "(the owner of the database must let the role in: GRANT CONNECT ON DATABASE)",
          "GRANT CONNECT ON DATABASE \"" + db.name() + "\" TO \"" + role + '"');
    CHECK_FALSE(contains(check().output, "is PostgreSQL running"));
    CHECK_FALSE(contains(check().output, "run sql/install.sql"));
    db.exec("ALTER ROLE " + role + " NOLOGIN");
    finds(2, "is not permitted to log in", "ALTER ROLE \"" + role + "\" LOGIN");
    CHECK_FALSE(contains(check().output, "install.sql makes the role"));
    db.exec("DROP ROLE " + role);
}

TEST_CASE_METHOD(check_fixture, "check: a password file that is not there, or open to everybody", "[daemon][db]") {
    settings.password_file = root / "password";
    finds(2, "error    connection: ", "[database] password_file must name a file");
    std::ofstream{settings.password_file} << "sesame\n";
    fs::permissions(settings.password_file, fs::perms{0644});
    finds(2, "is open to everybody", "[database] password_file must name a file");
}

TEST_CASE_METHOD(owned_tree, "check: a port that only root may have", "[daemon][db]") {
    if (!owner) {
        WARN("skipped: only root can become somebody else");
        return;
    }
    std::ifstream first{"/proc/sys/net/ipv4/ip_unprivileged_port_start"};
    if (int lowest = 0; !(first >> lowest) || lowest < 10) {
        WARN("skipped: every port is for everybody here");
        return;
    }
    settings.http_listen = "127.0.0.1:9";
    finds(2, "error    http: listen on 127.0.0.1:9", "are root's");
}

} // namespace test
