/// Input: a card file. What `tollgatectl card import` takes, the simulator takes with the same cards; a
/// refusal tells the line and shows nothing of it.

#include "sim/card_file.hpp"
#include "sim/toml_reader.hpp"
#include "store/card_file.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using fuzz::require;

namespace {

const store::CardTokenizer& tokenizer()
{
    static const store::CardTokenizer made(std::vector<unsigned char>(32, 0x42));
    return made;
}

std::optional<std::vector<store::CardFileRow>> rows_of(const std::string& path)
{
    try {
        return store::read_card_file(path, tokenizer());
    } catch (const store::CardFileError& error) {
        require(std::string_view(error.what()).starts_with(path + ":"), "a refusal names the file");
        require(!fuzz::shows_long_number(error.what()), "a refusal shows no card number");
        return std::nullopt;
    }
}

std::optional<std::vector<sim::CardInHand>> cards_of(const std::string& path)
{
    try {
        return sim::read_cards(path);
    } catch (const sim::FileError& error) {
        require(std::string_view(error.what()).starts_with(path + ":"), "a refusal names the file");
        require(!fuzz::shows_long_number(error.what()), "a refusal shows no card number");
        return std::nullopt;
    }
}

/// "2812" of 202812.
std::string yymm(int expiry)
{
    return std::to_string(1'000'000 + expiry).substr(3);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::MemoryFile file(fuzz::as_text({data, size}));
    const auto cards = cards_of(file.path());
    const auto rows = rows_of(file.path());
    if (cards) require(!cards->empty(), "a file that is taken has cards");
    if (!rows) return 0;
    require(cards.has_value() && cards->size() == rows->size(), "what the issuer takes, the network takes");
    for (std::size_t i = 0; i < rows->size(); ++i) {
        const store::CardFileRow& row = (*rows)[i];
        const sim::CardInHand& card = (*cards)[i];
        require(row.card.token == tokenizer().token_of(card.pan), "it is the same card");
        require(yymm(row.card.expiry) == card.expiry_yymm, "it expires in the same month");
        require(row.account.balance_minor >= 0, "no account begins below zero");
    }
    return 0;
}
