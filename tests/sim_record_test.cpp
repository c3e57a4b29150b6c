// `tollgate-sim record`, and captures that tcpdump takes of the same traffic.
#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "sim/child_process.hpp"
#include "sim/record_command.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/imported_capture.hpp"
#include "tests/support/plain_ends.hpp"

#include <boost/asio/read.hpp>

#include <doctest/doctest.h>

#include <csignal>

#include <pcap/pcap.h>

using namespace sim;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds patience{30};
const std::string pan = "4000001234567899";
const std::string key_hex = [] {
    std::string hex;
    for (int i = 0; i < 32; ++i) hex += "42";
    return hex;
}();

const codec::Dialect& dialect()
{
    static const auto ascii = codec::find_built_in_dialect("iso87-ascii");
    return *ascii;
}

std::optional<codec::Message> answer(const codec::Message& request)
{
    codec::Message reply(codec::answer_to(request.mti()));
    for (const int de : {2, 11}) reply.echo(de, request);
    reply.set(39, "00");
    return reply;
}

/// A client that sends sales and waits for their answers.
class Shop {
public:
    explicit Shop(const Address& at) { socket_.connect({asio::ip::make_address(at.host), at.port}); }
    void sell(const std::string& stan)
    {
        codec::Message sale(*codec::Mti::parse("0200"));
        sale.set(2, pan);
        sale.set(11, stan);
        std::vector<std::uint8_t> wire;
        std::vector<std::uint8_t> frame;
        codec::encode(dialect(), sale, wire).value();
        codec::append_frame({}, wire, frame);
        asio::write(socket_, asio::buffer(frame));
    }
    void send(const std::string& bytes) { asio::write(socket_, asio::buffer(bytes)); }
    void end() { socket_.shutdown(tcp::socket::shutdown_send); }
    /// STAN of the next answer; empty when the other side has ended.
    std::string next_answer()
    {
        std::uint8_t length[2];
        boost::system::error_code error;
        asio::read(socket_, asio::buffer(length), error);
        if (error) return {};
        std::vector<std::uint8_t> wire(length[0] * 256U + length[1]);
        asio::read(socket_, asio::buffer(wire));
        return std::string(codec::decode(dialect(), wire).value().get(11));
    }

private:
    asio::io_context context_;
    tcp::socket socket_{context_};
};

struct Street {
    test::FakeHost host{dialect(), answer};
    tests::PassingFile key{key_hex, ".key"};
    tests::PassingFile out{"", ".jsonl"};

    [[nodiscard]] RecordOptions options()
    {
        RecordOptions options;
        options.capture.dialect = "iso87-ascii";
        options.capture.key_file = key.path();
        options.capture.out = out.path();
        options.listen = "127.0.0.1:0";
        options.connect = text_of(host.address(""));
        return options;
    }
};

std::string lines_of(const Capture& capture)
{
    std::string text;
    for (const CaptureRecord& record : capture.records) text += tests::line_of(record) + "\n";
    return text;
}

template <class Condition> bool wait_until(Condition condition)
{
    const auto deadline = Clock::now() + patience;
    while (!condition())
        if (Clock::now() > deadline) return false;
    return true;
}

/// Takes bytes until there are too many, as a full disk does.
class SmallDisk final : public std::streambuf {
public:
    explicit SmallDisk(std::streamsize size) : left_(size) {}

protected:
    std::streamsize xsputn(const char*, std::streamsize size) override
    {
        if (size > left_) return 0;
        left_ -= size;
        return size;
    }
    int_type overflow(int_type) override { return traits_type::eof(); }
    int sync() override { return 0; }

private:
    std::streamsize left_;
};

} // namespace

TEST_CASE("record: every message passes and stands in the capture, without the card number")
{
    Street street;
    std::ofstream file(street.out.path(), std::ios::binary);
    TrafficRecorder recorder(street.options(), file);
    Shop one(recorder.listens_on());
    one.sell("000001");
    CHECK(one.next_answer() == "000001");
    Shop two(recorder.listens_on());
    two.sell("000002");
    CHECK(two.next_answer() == "000002");
    CHECK(recorder.stop().messages == 4);

    const Capture capture = load_capture(street.out.path());
    CHECK(lines_of(capture) == "> 0200 000001\n< 0210 000001\n> 0200 000002\n< 0210 000002\n");
    CHECK(capture.records[0].place.connection == 1);
    CHECK(capture.records[3].place.connection == 2);
    CHECK(capture.records[0].place.at >= capture.header.started_at);
    CHECK(capture.records[0].message.at("fields").at("2") == capture.records[3].message.at("fields").at("2"));
    CHECK(street.out.read().find(pan) == std::string::npos);
}

TEST_CASE("record: a client that ends still gets its answers")
{
    Street street;
    std::ofstream file(street.out.path(), std::ios::binary);
    TrafficRecorder recorder(street.options(), file);
    Shop shop(recorder.listens_on());
    for (int i = 1; i <= 9; ++i) shop.sell("00000" + std::to_string(i));
    shop.end();
    for (int i = 1; i <= 9; ++i) CHECK(shop.next_answer() == "00000" + std::to_string(i));
    CHECK(shop.next_answer().empty());
    recorder.stop();
}

TEST_CASE("record: what is no message, and what is no frame, is noted without its bytes")
{
    Street street;
    test::OpenPlace silent; // it ends nothing: what breaks the connection is the recorder
    std::ofstream file(street.out.path(), std::ios::binary);
    RecordOptions options = street.options();
    options.connect = text_of(silent.address());
    options.capture.message_bytes_max = 100;
    TrafficRecorder recorder(options, file);
    Shop shop(recorder.listens_on());
    const test::End server(silent.acceptor());
    shop.send(std::string("\x00\x05hello", 7));
    shop.send("\xFF\xFF" + pan);
    CHECK(shop.next_answer().empty());
    CHECK(recorder.stop().unread == 2);
    const Capture capture = load_capture(street.out.path());
    REQUIRE(capture.records.size() == 2);
    CHECK(tests::line_of(capture.records[0]) == "> 5 MTI at byte 0: not four digits of a known version");
    CHECK(capture.records[1].unread->reason == "the length is above the limit");
    CHECK(street.out.read().find(pan) == std::string::npos);
}

TEST_CASE("record: TLS is told as what it is, and breaks the connection")
{
    Street street;
    std::ofstream file(street.out.path(), std::ios::binary);
    TrafficRecorder recorder(street.options(), file);
    Shop plain(recorder.listens_on());
    plain.sell("000001");
    CHECK(plain.next_answer() == "000001");
    CHECK_FALSE(recorder.has_met_tls());
    Shop secret(recorder.listens_on());
    secret.send(std::string("\x16\x03\x01\x00\x84\x01\x00\x00\x80\x03\x03", 11) + std::string(125, 'x'));
    CHECK(secret.next_answer().empty());
    CHECK(recorder.has_met_tls());
    CHECK(recorder.stop().unread == 1);
    CHECK(load_capture(street.out.path()).records.back().unread->reason == BrokenStream::is_tls);
}

TEST_CASE("record: traffic goes on when the disk is full")
{
    Street street;
    SmallDisk disk(1000);
    std::ostream out(&disk);
    TrafficRecorder recorder(street.options(), out);
    Shop shop(recorder.listens_on());
    for (int i = 10; i < 30; ++i) {
        shop.sell("0000" + std::to_string(i));
        CHECK(shop.next_answer() == "0000" + std::to_string(i));
    }
    CHECK(recorder.has_failed());
    CHECK_NOTHROW(recorder.stop());
    CHECK(recorder.take_news() ==
          std::vector{street.out.path() + ": cannot be written; the capture ends here, the traffic goes on"});
}

namespace {

/// `tollgate-sim record` in front of a street's host, or of another server.
struct RecordProgram {
    explicit RecordProgram(Street& street) : RecordProgram(street, street.host.address("")) {}
    RecordProgram(Street& street, const Address& server)
        : process({std::string(TOLLGATE_BIN_DIR) + "/tollgate-sim", "record", "--listen", "127.0.0.1:0",
                   "--connect", text_of(server), "--dialect", "iso87-ascii", "--key-file", street.key.path(),
                   "--out", street.out.path()},
                  err.path())
    {
        const auto line = process.read_line(patience);
        REQUIRE(line.has_value());
        REQUIRE(line->starts_with("listening on "));
        address = parse_address(line->substr(std::string("listening on ").size()));
    }
    tests::PassingFile err{"", ".err"};
    ChildProcess process;
    Address address;
};

} // namespace

TEST_CASE("record: the program ends on SIGTERM and SIGINT with a whole capture")
{
    for (const int number : {SIGTERM, SIGINT}) {
        Street street;
        RecordProgram program(street);
        Shop shop(program.address);
        shop.sell("000001");
        CHECK(shop.next_answer() == "000001");
        program.process.signal(number);
        CHECK(program.process.wait() == 0);
        CHECK(lines_of(load_capture(street.out.path())) == "> 0200 000001\n< 0210 000001\n");
    }
}

TEST_CASE("record: a killed program leaves every message that has passed, and no trailer")
{
    Street street;
    RecordProgram program(street);
    Shop shop(program.address);
    shop.sell("000001");
    CHECK(shop.next_answer() == "000001");
    program.process.signal(SIGKILL);
    CHECK(program.process.wait() == 128 + SIGKILL);
    CHECK_THROWS_WITH_AS((void)load_capture(street.out.path()), doctest::Contains("truncated"), CaptureError);
    const Capture capture = load_capture(street.out.path(), CaptureReader::Trailer::may_be_missing);
    CHECK(lines_of(capture) == "> 0200 000001\n< 0210 000001\n");
}

TEST_CASE("record: the program says once that the server is away, and once that it is back")
{
    Street street;
    test::Place place;
    RecordProgram program(street, place.address());
    for (int i = 0; i < 2; ++i) CHECK(test::End(program.address).sees_a_break());
    place.listen();
    Shop shop(program.address);
    shop.sell("000001");
    test::End server(place.acceptor());
    CHECK(server.receive().has_value());
    program.process.signal(SIGTERM);
    CHECK(program.process.wait() == 0);
    const std::string name = "tollgate-sim: server " + text_of(place.address());
    CHECK(program.err.read() ==
          name + " cannot be reached: Connection refused; clients are cut off until it can\n" + name +
              " can be reached again\n1 messages, 0 unread\n");
}

TEST_CASE("record: a command that fails before it begins leaves the capture that was there")
{
    const std::string former = "a capture of yesterday\n";
    Street street;
    const tests::PassingFile bad_key("short", ".key");
    struct Row {
        const char* name;
        std::function<void(RecordOptions&)> spoil;
    };
    const Row rows[] = {
        {"an unknown dialect", [](RecordOptions& o) { o.capture.dialect = "none-such"; }},
        {"an unknown framing", [](RecordOptions& o) { o.capture.framing = "be17"; }},
        {"a key that is none", [&](RecordOptions& o) { o.capture.key_file = bad_key.path(); }},
        {"a key file that is not there", [](RecordOptions& o) { o.capture.key_file += ".absent"; }},
        {"no place to listen", [](RecordOptions& o) { o.listen = "nowhere"; }},
        {"a port that is taken", [](RecordOptions& o) { o.listen = o.connect; }},
        {"no server", [](RecordOptions& o) { o.connect = "127.0.0.1:0"; }},
        {"a server's name", [](RecordOptions& o) { o.connect = "localhost:8583"; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        std::ofstream(street.out.path(), std::ios::binary) << former;
        RecordOptions options = street.options();
        row.spoil(options);
        std::ostringstream talk;
        CHECK_THROWS((void)run_record(options, talk, talk));
        CHECK(street.out.read() == former);
        CHECK(street.out.parts() == 0);
    }
}

TEST_CASE("import: the program reads what libpcap has written, and says so when something is missing")
{
    const tests::PassingFile key(key_hex, ".key");
    const tests::PassingFile out("", ".jsonl");
    const tests::PassingFile pcap("");
    pcap_t* const dead = pcap_open_dead(DLT_RAW, 65'535);
    pcap_dumper_t* const dumper = pcap_dump_open(dead, pcap.path().c_str());
    REQUIRE(dumper != nullptr);
    // IPv4 and TCP, ports 4000 and 8583, number 1, then a frame of "0800" with element 11.
    const std::string frame = std::string("\x00\x1A", 2) + "08000020000000000000" + "000042";
    std::string packet = std::string("\x45\x00\x00\x44\x00\x00\x00\x00\x40\x06\x00\x00", 12) +
                         std::string("\x7F\x00\x00\x01\x7F\x00\x00\x02", 8) +
                         std::string("\x0F\xA0\x21\x87\x00\x00\x00\x01\x00\x00\x00\x01\x50\x10\xFF\xFF", 16) +
                         std::string(4, '\0') + frame;
    pcap_pkthdr header{};
    header.ts.tv_sec = 1'700'000'000;
    header.caplen = header.len = static_cast<bpf_u_int32>(packet.size());
    pcap_dump(reinterpret_cast<unsigned char*>(dumper), &header,
              reinterpret_cast<const unsigned char*>(packet.data()));
    pcap_dump_close(dumper);
    pcap_close(dead);

    const auto import = [&](std::vector<std::string> more) {
        std::vector<std::string> words = {std::string(TOLLGATE_BIN_DIR) + "/tollgate-sim",
                                          "import",
                                          pcap.path(),
                                          "--dialect",
                                          "iso87-ascii",
                                          "--key-file",
                                          key.path()};
        words.insert(words.end(), more.begin(), more.end());
        if (more.front() != "--out") words.insert(words.end(), {"--out", out.path()});
        return run_program(words, "");
    };
    const Finished done = import({"--server-port", "8583"});
    CHECK(done.status == 0);
    CHECK(done.err ==
          "1 packets, 1 connections, 1 messages, 0 retransmitted, 0 gaps (0 bytes), 0 skipped bytes\n");
    CHECK(lines_of(load_capture(out.path())) == "> 0800 000042\n");
    CHECK(import({"--framing", "be32"}).status == 1); // then it is no message
    CHECK(import({"--framing", "none"}).status == 2);
    CHECK(import({"--filter", "udp"}).status == 0);
    CHECK(import({"--bin", "7"}).status == 2);
    CHECK(import({"--out", "/no/such/folder/x"}).status == 3);
}

namespace {

/// tcpdump on the loopback, with what it has written and what it says.
class Tcpdump {
public:
    explicit Tcpdump(std::uint16_t port)
        : process_({"/usr/bin/tcpdump", "-i", "lo", "-U", "--immediate-mode", "-Z", "root", "-w",
                    pcap_.path(), "tcp port " + std::to_string(port)},
                   log_.path())
    {
    }
    /// returns  false when it may not capture here
    bool has_started()
    {
        const bool is_told = wait_until([this] { return !process_.is_running() || says("listening on"); });
        return is_told && process_.is_running();
    }
    std::string captured() const { return pcap_.read(); }
    /// returns  true when it has seen every packet: a busy kernel drops some
    bool stop()
    {
        process_.signal(SIGTERM);
        process_.wait();
        return says("\n0 packets dropped by kernel");
    }

private:
    bool says(const std::string& text) const { return log_.read().find(text) != std::string::npos; }

    tests::PassingFile pcap_{""};
    tests::PassingFile log_{"", ".log"};
    ChildProcess process_;
};

constexpr const char* last_stan = "999999";

/// Sells, and goes on with a last sale until it was captured, too. Returns the lines of all others.
std::string traffic_between(Street& street, const Tcpdump& tcpdump)
{
    Shop shop(street.host.address(""));
    std::string sent;
    for (int i = 10; i < 60; ++i) {
        const std::string stan = "0000" + std::to_string(i);
        shop.sell(stan);
        CHECK(shop.next_answer() == stan);
        sent += "> 0200 " + stan + "\n< 0210 " + stan + "\n";
    }
    CHECK(wait_until([&] {
        Shop(street.host.address("")).sell(last_stan);
        return lines_of(tests::import_pcap(tcpdump.captured()).capture).find(last_stan) != std::string::npos;
    }));
    return sent;
}

std::string without_last(const std::string& lines)
{
    std::string text;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);)
        if (!line.ends_with(last_stan)) text += line + "\n";
    return text;
}

} // namespace

TEST_CASE("import: what tcpdump captures of loopback traffic is what was sent")
{
    if (!std::filesystem::exists("/usr/bin/tcpdump")) {
        MESSAGE("not tried: tcpdump is not installed");
        return;
    }
    constexpr int tries = 5;
    for (int i = 0; i < tries; ++i) {
        Street street;
        Tcpdump tcpdump(street.host.address("").port);
        if (!tcpdump.has_started()) {
            MESSAGE("not tried: tcpdump may not capture here");
            return;
        }
        const std::string sent = traffic_between(street, tcpdump);
        const bool has_all = tcpdump.stop();
        const tests::Imported imported = tests::import_pcap(tcpdump.captured());
        CHECK(imported.jsonl.find(pan) == std::string::npos);
        CHECK(imported.summary.packets > 0);
        if (!has_all) continue;
        CHECK(without_last(lines_of(imported.capture)) == sent);
        CHECK_MESSAGE(imported.summary.streams.gaps == 0, text_of(imported.summary));
        return;
    }
    MESSAGE("not judged: the kernel dropped packets in each of " << tries << " captures");
}
