#include "sim/load_cards.hpp"

#include <filesystem>
#include <fstream>

namespace sim {

ImportedCards import_cards(TestBed& bed, RunIds& ids, std::size_t count, const Amount& balance)
{
    ImportedCards imported;
    const std::string file = bed.folder() + "/cards.csv";
    const std::string text = text_of(balance);
    const std::string number = text.substr(0, text.find(' ')); // the currency has a column of its own
    {
        std::ofstream out(file);
        out << "pan,expiry,currency,balance\n";
        for (std::size_t i = 0; i < count; ++i) {
            imported.cards.push_back({ids.next_pan("999999"), "3512"});
            out << imported.cards.back().pan << ",2035-12," << balance.currency << "," << number << "\n";
        }
    }
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const CtlOffice::Import import = bed.office().import_cards(file);
    std::filesystem::remove(file);
    imported.first_account = import.first_account;
    return imported;
}

} // namespace sim
