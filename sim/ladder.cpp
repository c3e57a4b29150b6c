#include "sim/ladder.hpp"

#include <array>
#include <cstdio>

namespace sim {

namespace {

constexpr std::size_t column = 28;

std::string fitted(std::string text, std::size_t width, char fill)
{
    if (text.size() > width) text.resize(width);
    return text + std::string(width - text.size(), fill);
}

std::string arrow_right(const std::string& text)
{
    return fitted("--- " + text + " ", column - 1, '-') + ">";
}
std::string arrow_left(const std::string& text)
{
    return fitted("<-- " + text + " ", column, '-');
}
std::string through(const std::string& arrow, char last)
{
    std::string line(column, '-');
    line.back() = last;
    return arrow + "+" + line;
}

std::string line_of(const Rung& rung)
{
    const std::string empty(column, ' ');
    const std::string fate = fitted("  " + rung.fate, column, ' ');
    switch (rung.kind) {
    case Rung::Kind::request:
        return through(fitted("--- " + rung.text + " ", column, '-'), '>');
    case Rung::Kind::request_stopped:
        return fitted("--- " + rung.text + " ", column, '-') + "|" + fate;
    case Rung::Kind::request_left:
        return empty + "|" + arrow_right(rung.text);
    case Rung::Kind::answer:
        return through(arrow_left(rung.text), '-');
    case Rung::Kind::answer_stopped:
        return fate + "|" + arrow_left(rung.text);
    case Rung::Kind::answer_left:
        return arrow_left(rung.text) + "|" + empty;
    case Rung::Kind::note:
        return fitted("  (" + rung.text + ")", 2 * column + 1, ' ');
    }
    return {};
}

} // namespace

void Ladder::add(Rung::Kind kind, std::string text, std::string fate)
{
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_);
    rungs_.push_back({kind, since, std::move(text), std::move(fate)});
}

std::string text_of(const Ladder& ladder, const std::string& host)
{
    std::string text =
        "  " + fitted("terminal", column, ' ') + " " + fitted("wire", column, ' ') + " " + host + "\n";
    for (const Rung& rung : ladder.rungs()) {
        std::array<char, 32> time{};
        std::snprintf(time.data(), time.size(), "  t=%.3f", static_cast<double>(rung.at.count()) / 1000.0);
        text += "   |" + line_of(rung) + "|" + time.data() + "\n";
    }
    return text;
}

} // namespace sim
