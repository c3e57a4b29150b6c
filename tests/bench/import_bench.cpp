// What it takes to import a gigabyte of packets: seconds and memory.
#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/framing.hpp"
#include "sim/import_command.hpp"
#include "sim/run_ids.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/golden.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

constexpr double gigabyte = 1e9;
constexpr std::size_t connections = 64;
constexpr std::size_t cards = 50'000;

struct Settings {
    int rounds = 3;
    bool json = false;
    double gigabytes = 1;
    std::string folder = "build";
};

std::string big(std::uint64_t number, int size)
{
    std::string text;
    for (int i = size - 1; i >= 0; --i) text += static_cast<char>(number >> (8 * i) & 0xFFU);
    return text;
}

std::string little(std::uint64_t number, int size)
{
    std::string text;
    for (int i = 0; i < size; ++i) text += static_cast<char>(number >> (8 * i) & 0xFFU);
    return text;
}

/// A frame whose card number and STAN are written over for each message.
class Frame {
public:
    explicit Frame(const codec::Message& message)
    {
        std::vector<std::uint8_t> wire;
        std::vector<std::uint8_t> framed;
        codec::encode(*golden::golden_dialect("iso87-ascii"), message, wire).value();
        codec::append_frame({}, wire, framed);
        bytes_.assign(framed.begin(), framed.end());
        pan_at_ = bytes_.find(message.get(2));
        stan_at_ = bytes_.find(message.get(11), pan_at_ + 16);
    }
    const std::string& with(const std::string& pan, const std::string& stan)
    {
        bytes_.replace(pan_at_, pan.size(), pan);
        bytes_.replace(stan_at_, stan.size(), stan);
        return bytes_;
    }

private:
    std::string bytes_;
    std::size_t pan_at_ = 0;
    std::size_t stan_at_ = 0;
};

/// Sales with chip data, their answers, and an ACK for each: what tcpdump sees of a busy link.
class Traffic {
public:
    explicit Traffic(const fs::path& file) : out_(file, std::ios::binary)
    {
        out_ << little(0xA1B2C3D4, 4) << little(2, 2) << little(4, 2) << little(0, 8) << little(262'144, 4)
             << little(1, 4);
        for (std::size_t i = 0; i < cards; ++i) {
            const std::string number = "4000001" + std::to_string(10'000'000 + i * 977);
            pans_.push_back(number + sim::luhn_digit(number));
        }
    }

    void sale(std::size_t number)
    {
        const std::size_t on = number % connections;
        const std::string& pan = pans_[std::uniform_int_distribution<std::size_t>(0, cards - 1)(random_)];
        const std::string stan = std::to_string(1'000'000 + number % 1'000'000).substr(1);
        segment(on, true, sale_.with(pan, stan));
        segment(on, false, {});
        segment(on, false, answer_.with(pan, stan));
        segment(on, true, {});
    }

    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    static codec::Message chip_sale()
    {
        for (const golden::GoldenMessage& message : golden::golden_messages("iso87-ascii"))
            if (message.id == "0200-chip-sale")
                return golden::decoded(*golden::golden_dialect("iso87-ascii"), message.bytes).value();
        throw std::runtime_error("there is no 0200-chip-sale");
    }
    static codec::Message approval()
    {
        const codec::Message sale = chip_sale();
        codec::Message answer(*codec::Mti::parse("0210"));
        for (const int de : {2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49}) answer.set(de, sale.get(de));
        answer.set(38, "A1B2C3");
        answer.set(39, "00");
        return answer;
    }

    void segment(std::size_t on, bool is_client, const std::string& payload) // NOLINT
    {
        std::uint32_t& sent = next_[on][is_client ? 0 : 1];
        const std::uint32_t seen = next_[on][is_client ? 1 : 0];
        const std::string client = big(20'000 + on, 2);
        const std::string server = big(8583, 2);
        std::string packet(12, '\0');
        packet += big(0x0800, 2) + big(0x4500, 2) + big(40 + payload.size(), 2) + big(0, 4) + big(0x4006, 2) +
                  big(0, 2);
        packet +=
            is_client ? big(0x0A000001, 4) + big(0x0A000002, 4) : big(0x0A000002, 4) + big(0x0A000001, 4);
        packet += (is_client ? client + server : server + client) + big(sent, 4) + big(seen, 4) +
                  big(0x5018, 2) + big(0xFFFF, 2) + big(0, 4) + payload;
        out_ << little(1'700'000'000 + packets_ / 20'000, 4) << little(packets_ % 20'000 * 50, 4)
             << little(packet.size(), 4) << little(packet.size(), 4) << packet;
        sent += static_cast<std::uint32_t>(payload.size());
        bytes_ += 16 + packet.size();
        ++packets_;
    }

    std::ofstream out_;
    Frame sale_{chip_sale()};
    Frame answer_{approval()};
    std::vector<std::string> pans_;
    std::mt19937_64 random_{1};
    std::uint32_t next_[connections][2] = {};
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
};

struct Cost {
    double seconds = 0;
    double cpu_seconds = 0;
    double mib = 0;
};

/// Imports in a process of its own, so that its memory is its own, too.
Cost import_of(const sim::PcapImportOptions& options)
{
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
        int status = 70;
        try {
            std::ostringstream talk;
            status = static_cast<int>(sim::run_pcap_import(options, std::cout, talk));
            if (status != 0) std::cerr << talk.str();
        } catch (const std::exception& error) {
            std::cerr << "import: " << error.what() << '\n';
        }
        ::_exit(status);
    }
    int status = 0;
    rusage usage{};
    ::wait4(child, &status, 0, &usage);
    if (status != 0) throw std::runtime_error("the import was not whole");
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return {wall.count(), seconds(usage.ru_utime) + seconds(usage.ru_stime),
            static_cast<double>(usage.ru_maxrss) / 1024};
}

/// Files of a run; they go away with it.
struct Files {
    explicit Files(const fs::path& folder)
        : pcap(folder / "bench-import.pcap"), jsonl(folder / "bench-import.jsonl"),
          key(folder / "bench-import.key")
    {
        fs::create_directories(folder);
        std::ofstream(key) << "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
        fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
    }
    ~Files()
    {
        for (const fs::path& file : {pcap, jsonl, key}) fs::remove(file);
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    fs::path pcap;
    fs::path jsonl;
    fs::path key;
};

void run(const Settings& settings)
{
    const Files files(settings.folder);
    double gigabytes = 0;
    {
        Traffic traffic(files.pcap);
        for (std::size_t i = 0; static_cast<double>(traffic.bytes()) < settings.gigabytes * gigabyte; ++i)
            traffic.sale(i);
        gigabytes = static_cast<double>(traffic.bytes()) / gigabyte;
    }
    sim::PcapImportOptions options;
    options.files = {files.pcap.string()};
    options.capture.dialect = "iso87-ascii";
    options.capture.key_file = files.key.string();
    options.capture.out = files.jsonl.string();
    options.server_port = 8583;

    std::vector<double> seconds;
    std::vector<double> cpu_seconds;
    std::vector<double> mib;
    for (int i = 0; i < settings.rounds; ++i) {
        const Cost cost = import_of(options);
        seconds.push_back(cost.seconds / gigabytes);
        cpu_seconds.push_back(cost.cpu_seconds / gigabytes);
        mib.push_back(cost.mib);
    }
    constexpr auto lower = bench::Better::lower;
    bench::print(
        "import", settings.rounds,
        {{.key = "import_s_per_gb",
          .value = bench::median(seconds),
          .unit = "s",
          .goal = 10,
          .better = lower},
         {.key = "import_rss_mib", .value = bench::median(mib), .unit = "MiB", .goal = 64, .better = lower},
         {.key = "import_cpu_s_per_gb",
          .value = bench::median(cpu_seconds),
          .unit = "s",
          .goal = {},
          .better = lower}},
        settings.json ? bench::Form::json : bench::Form::table);
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{"What it takes to import a gigabyte of captured packets, medians over the rounds."};
    Settings settings;
    app.add_option("--rounds", settings.rounds)->check(CLI::Range(1, 100))->capture_default_str();
    app.add_option("--gigabytes", settings.gigabytes, "size of the capture")->capture_default_str();
    app.add_option("--folder", settings.folder, "where the capture is made")->capture_default_str();
    app.add_flag("--json", settings.json);
    CLI11_PARSE(app, argc, argv);
    try {
        run(settings);
    } catch (const std::exception& error) {
        std::cerr << "tollgate-bench-import: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
