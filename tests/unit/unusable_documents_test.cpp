// Which files of one row their readers cannot use.
#include "notes_export/unusable_documents.hpp"

#include "support/catch.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include <fstream>

using namespace notes_export;
using test::contains;

namespace {

struct documents_fixture {
    test::temporary_directory root;
    documents_fixture() {
        put("metadata.json", "{}");
        put("global_stats.json", "{\"avg_days_to_resolution\":1.5,\"resolution_rate\":0}");
        put("global_stats_summary.json", "{\"resolution_rate\":null}");
    }
    void put(std::string const& name, std::string const& text) const { std::ofstream{root / name} << text; }
    std::vector<refused_document> found() const { return unusable_documents(root.path(), standard_documents()); }
    std::string only() const {
        auto const all = found();
        return all.size() == 1 ? all[0].reason : "there are " + std::to_string(all.size());
    }
};

} // namespace

TEST_CASE_METHOD(documents_fixture, "unusable documents: zero is a value, and the summary may lack one", "[status]") {
    CHECK(found().empty());
}

TEST_CASE_METHOD(documents_fixture, "unusable documents: values that the viewer needs, null or not there", "[status]") {
    put("global_stats.json", "{\"avg_days_to_resolution\":null,\"resolution_rate\":3}");
    CHECK(only() == "global_stats.json: avg_days_to_resolution has no value, and the viewer breaks on that: let the "
                    "ETL compute it in the row of datamartglobal with dimension_global_id = 1");
    put("global_stats.json", "{}");
    CHECK(contains(only(), "avg_days_to_resolution, resolution_rate has no value"));
}

TEST_CASE_METHOD(documents_fixture, "unusable documents: one that is missing, damaged or no object", "[status]") {
    std::filesystem::remove(root / "global_stats.json");
    CHECK(contains(only(), "global_stats.json: it is not there"));
    for (std::string const text : {"", "[]", "{\"a\":", "null", "{}{}"}) {
        put("global_stats.json", text);
        CHECK(contains(only(), "it is damaged"));
    }
}

TEST_CASE_METHOD(documents_fixture, "unusable documents: before the first publication nothing is missing", "[status]") {
    for (auto const* name : {"metadata.json", "global_stats.json"})
        std::filesystem::remove(root / name);
    CHECK(found().empty());
}
