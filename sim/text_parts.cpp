#include "sim/text_parts.hpp"

#include "sim/rate_text.hpp"

#include <stdexcept>

namespace sim {

std::vector<std::string> parts_of(std::string_view text, char separator)
{
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

std::vector<Weighted> parse_mix(std::string_view text)
{
    std::vector<Weighted> mix;
    for (const std::string& part : parts_of(text, ',')) {
        const std::size_t equals = part.find('=');
        const auto weight = equals == std::string::npos ? 1.0 : parse_number(part.substr(equals + 1));
        if (equals == 0 || part.empty() || !weight || *weight <= 0)
            throw std::invalid_argument("\"" + std::string(text) + "\" is no mix: sale=9,cancel=1 is");
        mix.push_back({part.substr(0, equals), *weight});
    }
    return mix;
}

} // namespace sim
