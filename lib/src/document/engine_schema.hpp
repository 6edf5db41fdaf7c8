#pragma once

#include <functional>
#include <map>
#include <rapidjson/document.h>
#include <string>
#include <string_view>
#include <vector>

namespace notes_export {

/**
 * The names that RapidJSON's validator (the engine) gets to see instead of an object's own.
 *
 * It searches a name in a list, one after the other, and schemas of datamarts have hundreds. But most properties have
 * one of a few forms, and the engine need not tell apart those of the same form that may be absent: they share a name.
 */
class engine_names {
public:
    /// Of the properties that this schema lists or requires.
    explicit engine_names(rapidjson::Value const& schema);

    /// Of a property that the schema lists or requires.
    std::string const& of(std::string_view property) const { return m_names.find(property)->second; }

    /// Calls `add` once per name that has a form, the names of most properties first.
    void for_each_form(std::function<void(std::string const& name, rapidjson::Value const& form)> const& add) const;

private:
    struct named_form {
        rapidjson::Value const* schema; ///< nullptr: anything
        std::string name;
    };
    std::vector<named_form> m_forms;
    std::map<std::string, std::string, std::less<>> m_names;
};

/**
 * A copy of the schema with what the engine is right about: without annotations and the keywords that it reads wrongly
 * or skips in silence, and with engine_names.
 */
rapidjson::Document engine_schema(rapidjson::Value const& schema);

} // namespace notes_export
