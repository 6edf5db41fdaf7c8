#include "schema/open_values.hpp"

namespace notes_export {

schema_object::property const* open_values::find_missing() const {
    auto const& object = m_open.back();
    auto const& demanded = object.node->object;
    if (object.required >= demanded.required)
        return nullptr;
    for (std::size_t i = 0; i < demanded.properties.size(); ++i)
        if (demanded.properties[i].required && !m_keys.has_listed(object.keys, i))
            return &demanded.properties[i];
    return nullptr;
}

std::string open_values::pointer(std::size_t depth) const {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i)
        text += step(m_open[i]);
    return text;
}

std::string open_values::step(open_value const& v) const {
    if (v.is_array)
        return '/' + std::to_string(v.elements == 0 ? 0 : v.elements - 1);
    if (v.property != open_value::none)
        return pointer_step(v.node->object.properties[v.property].name);
    return v.other == open_value::none ? std::string{} : pointer_step(m_keys.text_of(v.other));
}

} // namespace notes_export
