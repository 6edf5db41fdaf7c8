#include "source/column_type.hpp"

namespace notes_export {

namespace {

// pg_type.dat of PostgreSQL.
enum builtin_type : type_oid {
    bool_type = 16,
    name_type = 19,
    int8_type = 20,
    int2_type = 21,
    int4_type = 23,
    text_type = 25,
    json_type = 114,
    float4_type = 700,
    float8_type = 701,
    bpchar_type = 1042,
    varchar_type = 1043,
    date_type = 1082,
    timestamp_type = 1114,
    timestamptz_type = 1184,
    numeric_type = 1700,
    uuid_type = 2950,
    jsonb_type = 3802
};

} // namespace

std::optional<json_form> json_form_of(type_oid type) noexcept {
    switch (type) {
    case bool_type:
        return json_form::boolean;
    case int2_type:
    case int4_type:
    case int8_type:
    case float4_type:
    case float8_type:
    case numeric_type:
        return json_form::number;
    case json_type:
    case jsonb_type:
        return json_form::verbatim;
    case name_type:
    case text_type:
    case bpchar_type:
    case varchar_type:
    case uuid_type:
    case date_type:
        return json_form::string;
    case timestamp_type:
        return json_form::timestamp;
    case timestamptz_type:
        return json_form::zoned;
    default:
        return std::nullopt;
    }
}

bool is_integer(type_oid type) noexcept {
    return type == int2_type || type == int4_type || type == int8_type;
}

} // namespace notes_export
