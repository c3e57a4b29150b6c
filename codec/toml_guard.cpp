#include "codec/toml_guard.hpp"

#include <cstddef>

namespace codec {

namespace {

bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool is_outside_ascii(char c)
{
    return static_cast<unsigned char>(c) > 0x7F;
}

/// toml++ takes a function call for each point of a key, and a stack ends.
constexpr int points_max = 200;

/// Knows strings and comments, and nothing else. Up to the first mistake in a text it sees them as toml++
/// does, and toml++ reads no further.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text)
    {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = line_begin_ = 3; // a byte order mark
    }

    [[nodiscard]] std::optional<TomlPlace> run()
    {
        while (at_ < text_.size() && !found_) step();
        return found_;
    }

private:
    void step()
    {
        const char c = text_[at_];
        if (c == '"' || c == '\'') return skip_string(c);
        if (c == '#') return skip_comment();
        if (is_outside_ascii(c)) return found();
        if (c == '.' && ++points_ > points_max) return found();
        take();
        if (c == '=') is_behind_equals_ = true;
    }

    void take()
    {
        if (text_[at_++] != '\n') return;
        ++line_;
        line_begin_ = at_;
        is_behind_equals_ = false;
        points_ = 0;
    }

    void skip_comment()
    {
        while (at_ < text_.size() && text_[at_] != '\n') take();
    }

    /// A quote in the middle of a number is a mistake, but toml++ reads on to the number's end. In a key a
    /// point may stand in front of a quote.
    [[nodiscard]] bool may_begin_string() const
    {
        const char before = at_ == line_begin_ ? ' ' : text_[at_ - 1];
        return is_blank(before) || before == '=' || before == ',' || before == '[' || before == '{' ||
               (before == '.' && !is_behind_equals_);
    }

    /// A string on one line ends with the line, closed or not.
    void skip_string(char quote)
    {
        const bool is_string = may_begin_string();
        const std::string_view rest = text_.substr(at_);
        const bool is_long = rest.size() >= 3 && rest[1] == quote && rest[2] == quote;
        const std::size_t quotes = is_long ? 3 : 1;
        for (std::size_t i = 0; i < quotes; ++i) take();
        bool is_behind_backslash = false; // and blanks and line ends, which it removes from the value
        for (std::size_t closing = 0; at_ < text_.size() && closing < quotes;) {
            const char c = text_[at_];
            if (c == '\n' && !is_long) break;
            closing = c == quote && !is_behind_backslash ? closing + 1 : 0;
            if ((is_behind_backslash || !is_string) && is_outside_ascii(c)) return found();
            const bool removes = is_long && (is_blank(c) || c == '\n' || c == '\r');
            is_behind_backslash = is_behind_backslash ? removes : quote == '"' && c == '\\';
            take();
        }
        // A long string may end in quotes of its own, in front of the three that close it.
        for (int more = 0; is_long && more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) take();
    }

    void found() { found_ = TomlPlace{line_, static_cast<std::uint32_t>(at_ - line_begin_ + 1)}; }

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint32_t line_ = 1;
    std::size_t line_begin_ = 0;
    bool is_behind_equals_ = false; ///< on this line
    int points_ = 0;                ///< on this line, outside of strings
    std::optional<TomlPlace> found_;
};

} // namespace

std::optional<TomlPlace> find_stray_character(std::string_view toml)
{
    return Scanner(toml).run();
}

} // namespace codec
