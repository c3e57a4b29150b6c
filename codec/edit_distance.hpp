#pragma once

#include <cstddef>
#include <string_view>

namespace codec {

/// Characters to insert, to remove and to replace until one word is the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `words` that was meant by a misspelt word: "did you mean"; empty when none is near enough.
/// words   anything that can be looped over and reads as std::string_view
template <class Words>
[[nodiscard]] std::string_view nearest_word(std::string_view misspelt, const Words& words)
{
    std::string_view nearest;
    std::size_t nearest_distance = 3; // of a word that is no longer the same word
    for (const std::string_view word : words) {
        if (misspelt.size() >= word.size() + nearest_distance) continue; // whatever its letters are
        const std::size_t distance = edit_distance(misspelt, word);
        if (distance >= nearest_distance || distance >= word.size()) continue;
        nearest = word;
        nearest_distance = distance;
    }
    return nearest;
}

} // namespace codec
