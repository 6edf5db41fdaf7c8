// Files of kinds that are switched on or off while a mirror runs.
#include "feed/noted_files.hpp"
#include "support/catch.hpp"
#include "support/mirror_fixture.hpp"

#include <fstream>
#include <notes_export/mirroring.hpp>

using namespace notes_export;

namespace test {

TEST_CASE_METHOD(mirror_fixture, "mirror: twins that are switched on while it runs are copied, and kept equal",
                 "[mirror]") {
    publish_first();
    export_config of_mirror;
    of_mirror.directory = tree.root();
    mirror_config disk;
    disk.name = "disk";
    disk.kind = mirror_kind::directory;
    disk.url = copy.string();
    mirroring running{of_mirror, disk, {}};
    running.once({});
    CHECK(equal());
    auto with_twins = of_mirror;
    with_twins.twins.kinds.add(compression::gzip);
    std::ofstream{tree.root() / ".exportd/files"} << noted_files{with_twins, ""}.before_publication();
    for (auto const* const text : {"twin", "another twin"}) {
        tree.put(user(1), std::string{"user of "} + text);
        tree.put(user(1) + ".gz", text);
        tree.publish(false); // which is not listed: everything is compared
        running.once({});
        CHECK(differing() == std::vector<std::string>{});
        CHECK(running.verify(10, {}).empty());
    }
}

} // namespace test
