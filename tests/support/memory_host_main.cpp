// Program `tollgate-memory-host`: the server of `tollgated` with books in memory, for checks that need more
// books than a database makes in the time. It starts, listens and ends as `tollgated` does; at its end it
// writes the books as `tollgatectl tx export` does.
#include "authz/books.hpp"
#include "authz/currency.hpp"
#include "codec/hex.hpp"
#include "net/server.hpp"
#include "net/sha256.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <stdexcept>

namespace {

namespace json = boost::json;

/// Test card numbers of one process: nothing is kept that needs a key.
authz::CardToken token_of(std::string_view pan)
{
    authz::CardToken token;
    const auto digest = net::sha256(pan);
    std::copy_n(digest.begin(), token.bytes.size(), token.bytes.begin());
    return token;
}

/// One for all workers. Nothing fails here after the gate, so nothing needs to be taken back.
class MemoryBooks {
public:
    /// file     pan,expiry,currency,balance with a header: an account for each card, from number 1
    void open_accounts(const std::string& file)
    {
        std::ifstream in(file);
        std::string line;
        std::getline(in, line);
        while (std::getline(in, line)) open_account(line);
        if (!in.eof()) throw std::runtime_error(file + ": cannot be read");
    }

    std::unique_ptr<authz::Ledger> connect() { return std::make_unique<Session>(*this); }

    void write(std::ostream& out) const
    {
        for (authz::AccountId id = 1; id <= accounts_; ++id)
            out << json::serialize(json::object{{"account", id},
                                                {"kind", "customer"},
                                                {"balance_minor", books_.find_account(id)->balance_minor}})
                << '\n';
        for (const authz::Record& record : books_.new_records())
            out << json::serialize(row_of(record)) << '\n';
        for (const authz::Posting& posting : books_.new_postings())
            out << json::serialize(row_of(posting)) << '\n';
    }

private:
    struct Session : authz::Ledger {
        explicit Session(MemoryBooks& a_books) : books(a_books) {}
        authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time now,
                                 authz::CommitGate& gate) override
        {
            return books.serve(batch, now, gate);
        }
        MemoryBooks& books;
    };

    authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time now, authz::CommitGate& gate)
    {
        const std::lock_guard lock(mutex_);
        authz::BatchResult result;
        result.end = authz::BatchEnd::gate_closed;
        if (!gate.may_commit()) return result;
        for (const authz::Request& request : batch) result.outcomes.push_back(books_.serve(request, now));
        result.end = authz::BatchEnd::committed;
        return result;
    }

    void open_account(const std::string& line)
    {
        const std::size_t expiry = line.find(',') + 1;
        const std::size_t currency = line.find(',', expiry) + 1;
        const std::size_t balance = line.find(',', currency) + 1;
        const auto money =
            authz::parse_money(line.substr(balance) + " " + line.substr(currency, balance - currency - 1));
        if (!money) throw std::runtime_error("a line of the card file is none");
        authz::Account account;
        account.id = ++accounts_;
        account.currency = money->currency;
        account.balance_minor = money->minor;
        books_.load(account);
        authz::Card card;
        card.token = token_of(line.substr(0, expiry - 1));
        card.account = account.id;
        card.expiry = std::stoi(line.substr(expiry, 4)) * 100 + std::stoi(line.substr(expiry + 5, 2));
        books_.load(card);
    }

    static std::string hex_of(const authz::Key& key)
    {
        return codec::hex_of({reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
    }

    static json::object row_of(const authz::Record& record)
    {
        const auto day = std::chrono::floor<std::chrono::days>(record.transmitted_at);
        const std::chrono::year_month_day date(day);
        const auto second = (record.transmitted_at - day).count();
        char transmitted[16];
        std::snprintf(transmitted, sizeof transmitted, "%02u%02u%02u%02u%02u",
                      static_cast<unsigned>(date.month()) % 100, static_cast<unsigned>(date.day()) % 100,
                      static_cast<unsigned>(second / 3600) % 100, static_cast<unsigned>(second / 60 % 60),
                      static_cast<unsigned>(second % 60));
        return {{"journal", hex_of(record.key)},
                {"group", hex_of(record.group)},
                {"mti_kind", record.key_fields.mti_kind},
                {"stan", record.key_fields.stan},
                {"transmitted", transmitted},
                {"terminal", record.key_fields.terminal},
                {"operation", authz::name_of(record.operation)},
                {"reason", authz::name_of(record.answer.reason)},
                {"amount_minor", record.amount.minor},
                {"posted_minor", record.posted_minor}};
    }

    /// The other side is the clearing account, number 0 here.
    static json::object row_of(const authz::Posting& posting)
    {
        const authz::AccountId holder = posting.on_suspense ? 0 : posting.account;
        const bool gives = posting.delta.minor > 0;
        return {{"posting", hex_of(posting.key)},
                {"group", hex_of(posting.group)},
                {"debit", gives ? 0 : holder},
                {"credit", gives ? holder : 0},
                {"amount_minor", gives ? posting.delta.minor : -posting.delta.minor}};
    }

    std::mutex mutex_;
    authz::Books books_;
    authz::AccountId accounts_ = 0;
};

net::Config read_config(const std::string& name)
{
    std::ifstream file(name);
    net::ConfigSources sources;
    sources.files.push_back({name, {std::istreambuf_iterator<char>(file), {}}});
    sources.settings = {"store.url=postgresql:///nowhere"}; // there is none, and a configuration must say one
    net::ConfigResult result = net::parse_config(sources);
    for (const std::string& error : result.errors) std::cerr << error << '\n';
    if (!result.config) throw std::runtime_error(name + ": cannot be used");
    return std::move(*result.config);
}

void serve(const net::Config& config, MemoryBooks& books)
{
    net::Log log(net::Log::Level::warning);
    net::Server server(config, {[&books] { return books.connect(); }, token_of, &log});
    server.stop_on_signals();
    for (const auto& link : server.listening())
        std::cout << "listening " << link.link << ' ' << link.address << ':' << link.port << '\n';
    std::cout << "ready" << std::endl;
    if (server.run() != net::Server::Stopped::drained)
        throw std::runtime_error("something was left at the end");
}

/// The word behind `name`.
std::string option(const std::vector<std::string>& words, const std::string& name)
{
    const auto found = std::find(words.begin(), words.end(), name);
    if (found == words.end() || found + 1 == words.end())
        throw std::runtime_error("usage: tollgate-memory-host -f CONFIG --cards FILE --export FILE");
    return *(found + 1);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        const std::vector<std::string> words(argv + 1, argv + argc);
        const std::string export_file = option(words, "--export");
        MemoryBooks books;
        books.open_accounts(option(words, "--cards"));
        serve(read_config(option(words, "-f")), books);
        std::ofstream out(export_file, std::ios::binary);
        books.write(out);
        out.close();
        if (!out) throw std::runtime_error(export_file + ": cannot be written");
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "tollgate-memory-host: " << error.what() << '\n';
        return 70;
    }
}
