#include "sim/moov_json.hpp"

#include <algorithm>
#include <cstdint>

namespace sim {

namespace json = boost::json;

const json::value* member(const json::object& object, std::string_view key)
{
    const auto is_same = [&](const json::key_value_pair& pair) {
        const std::string_view other(pair.key().data(), pair.key().size());
        return std::ranges::equal(other, key, [](char a, char b) {
            const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
            return lower(a) == lower(b);
        });
    };
    const auto* found = std::find_if(object.begin(), object.end(), is_same);
    return found == object.end() ? nullptr : &found->value();
}

std::string_view text_in(const json::object& object, std::string_view key)
{
    const json::value* value = member(object, key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view();
}

std::optional<int> number_in(const json::object& object, std::string_view key)
{
    const json::value* value = member(object, key);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    const std::int64_t number = value->get_int64();
    return number >= 0 && number <= 65'535 ? std::optional(static_cast<int>(number)) : std::nullopt;
}

bool is_true(const json::object& object, std::string_view key)
{
    const json::value* value = member(object, key);
    return value != nullptr && value->is_bool() && value->get_bool();
}

const json::object* object_in(const json::object& object, std::string_view key)
{
    const json::value* value = member(object, key);
    return value == nullptr ? nullptr : value->if_object();
}

} // namespace sim
