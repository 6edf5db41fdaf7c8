#include <iostream>
#include <notes_export/exporter.hpp>

// One full export: outside_program CONNINFO DIRECTORY SCHEMA_DIR
int main(int, char** argv) {
    notes_export::export_config config;
    config.conninfo = argv[1];
    config.directory = argv[2];
    config.schema_dir = argv[3];
    std::cout << notes_export::exporter{config}.run({.full = true}).exported() << " profiles\n";
}
