#include "sim/test_bed.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

namespace sim {

namespace {

void write_file(const std::string& file, const std::string& text)
{
    std::ofstream out(file, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw HostError("cannot write " + file);
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::string make_folder()
{
    std::string name = (std::filesystem::temp_directory_path() / "tollgate-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw HostError("cannot make a folder below " + name);
    return name;
}

/// 64 hex digits.
std::string random_key()
{
    std::random_device source;
    std::string key;
    for (int i = 0; i < 64; ++i) key.push_back("0123456789abcdef"[source() % 16]);
    return key;
}

std::string quoted(const std::string& text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + "\"";
}

std::string link_text(const std::string& name, const Side& side, const TestBed::Settings& settings)
{
    const WireForm& form = side.model->wire_form();
    return "\n[[link]]\nname = " + quoted(name) +
           "\nlisten = \"127.0.0.1:0\"\nnetwork = " + quoted(side.network) +
           "\ndialect = " + quoted(side.model->dialect_name()) +
           "\nframing = " + quoted(std::string(form.framing.rule->name)) +
           "\nheader = " + quoted(std::string(codec::header_names()[static_cast<std::size_t>(form.header)])) +
           "\nprofile = " + quoted(side.model->name()) +
           "\nnetwork_timeout = " + quoted(settings.network_timeout) + "\npartial_approval_min = 10\n" +
           settings.link_options;
}

} // namespace

TestBed::TestBed(Settings settings) : settings_(std::move(settings)), folder_(make_folder())
{
    const std::string key_file = folder_ + "/token.key";
    write_file(key_file, random_key() + "\n");
    // Links first: the server's profiles have the names of the simulator's networks, and share nothing else.
    sides_.push_back({network_named(settings_.network_a), "net-a", {"a-1", "a-2"}});
    sides_.push_back({network_named("japanese-house"), "net-b", {"b-1", "b-2"}});
    write_file(folder_ + "/tollgated.toml", configuration());
    office_ = std::make_unique<CtlOffice>(
        CtlOffice::Settings{settings_.bin + "/tollgatectl", settings_.database_url, key_file});
    if (!settings_.database_url.empty()) office_->migrate();
}

TestBed::~TestBed()
{
    std::error_code ignored;
    if (!is_kept_) std::filesystem::remove_all(folder_, ignored);
}

std::string TestBed::configuration() const
{
    std::string text = "[node]\nname = \"demo\"\n\n[store]\nurl = " + quoted(settings_.database_url) +
                       "\nworkers = " + std::to_string(settings_.workers) + "\n" + settings_.store_options +
                       "\n[cards]\ntoken_key_file = \"token.key\"\nbins = [\"400000\", \"999999\"]\n";
    for (const Side& side : sides_)
        for (const std::string& link : side.links) text += link_text(link, side, settings_);
    return text;
}

std::unique_ptr<ChildHost> TestBed::start_host()
{
    const std::string log = folder_ + "/tollgated-" + std::to_string(++hosts_) + ".log";
    return std::make_unique<ChildHost>(
        ChildHost::Settings{settings_.bin + "/tollgated", folder_ + "/tollgated.toml", log, {}});
}

std::string own_folder()
{
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::string(".") : program.parent_path().string();
}

} // namespace sim
