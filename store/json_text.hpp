#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace store {

/// Writes one JSON object or array, member by member, in the order given.
class JsonText {
public:
    static JsonText object() { return JsonText('{', '}'); }
    static JsonText array() { return JsonText('[', ']'); }

    JsonText& add(std::string_view name, std::string_view text) { return member(name, quoted(text)); }
    JsonText& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
    JsonText& add(std::string_view name, std::int64_t number) { return member(name, std::to_string(number)); }
    JsonText& add(std::string_view name, const JsonText& value) { return member(name, value.str()); }
    JsonText& add(const JsonText& element) { return append(element.str()); }
    JsonText& add(std::string_view element) { return append(quoted(element)); }

    [[nodiscard]] std::string str() const { return text_ + close_; }

private:
    JsonText(char open, char close) : text_(1, open), close_(close) {}

    [[nodiscard]] static std::string quoted(std::string_view text);
    JsonText& member(std::string_view name, const std::string& value)
    {
        return append(quoted(name) + ':' + value);
    }
    JsonText& append(const std::string& part);

    std::string text_;
    char close_;
};

} // namespace store
