#include "sim/pcap_file.hpp"

#include "sim/last_second.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include <pcap/pcap.h>

namespace sim {

namespace {

constexpr std::size_t buffer_bytes = 1UL << 18U;

std::optional<LinkType> link_type_of(int number)
{
    switch (number) {
    case DLT_EN10MB:
        return LinkType::ethernet;
    case DLT_LINUX_SLL:
        return LinkType::linux_cooked;
    case DLT_LINUX_SLL2:
        return LinkType::linux_cooked_2;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        return LinkType::raw_ip;
    case DLT_NULL:
    case DLT_LOOP:
        return LinkType::loopback;
    default:
        return std::nullopt;
    }
}

/// A file may hold any number.
bool is_time(const timeval& time)
{
    return time.tv_sec >= 0 && time.tv_sec <= last_second && time.tv_usec >= 0 && time.tv_usec < 1'000'000;
}

} // namespace

struct PcapFile::Impl {
    struct Close {
        void operator()(pcap_t* opened) const { pcap_close(opened); }
    };

    Impl(const std::string& file, const std::string& filter) : name(file == "-" ? "standard input" : file)
    {
        std::FILE* const opened = file == "-" ? stdin : std::fopen(file.c_str(), "rbe");
        if (opened == nullptr) fail(std::strerror(errno));
        std::setvbuf(opened, nullptr, _IOFBF, buffer_bytes);
        char why[PCAP_ERRBUF_SIZE]{};
        pcap.reset(pcap_fopen_offline(opened, why));
        if (!pcap) {
            if (opened != stdin) std::fclose(opened);
            fail(why);
        }
        const auto known = link_type_of(pcap_datalink(pcap.get()));
        if (!known) {
            const char* const text = pcap_datalink_val_to_name(pcap_datalink(pcap.get()));
            fail("link type " + std::string(text == nullptr ? "unknown" : text) +
                 " is not read; expected Ethernet, Linux cooked (tcpdump -i any), raw IP or loopback");
        }
        link = *known;
        if (!filter.empty()) set_filter(filter);
    }

    void set_filter(const std::string& filter)
    {
        bpf_program program{};
        const bool is_right =
            pcap_compile(pcap.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0 &&
            pcap_setfilter(pcap.get(), &program) == 0;
        const std::string why = is_right ? "" : pcap_geterr(pcap.get());
        pcap_freecode(&program);
        if (!is_right) fail("filter: " + why);
    }

    [[noreturn]] void fail(const std::string& why) const
    {
        // libpcap often names the file itself.
        throw PcapError(why.starts_with(name) ? why : name + ": " + why);
    }

    std::string name;
    std::unique_ptr<pcap_t, Close> pcap;
    LinkType link = LinkType::ethernet;
    WallTime last; ///< of the packets so far
    std::string problem;
};

PcapFile::PcapFile(const std::string& file, const std::string& filter)
    : impl_(std::make_unique<Impl>(file, filter))
{
}

PcapFile::~PcapFile() = default;

LinkType PcapFile::link_type() const
{
    return impl_->link;
}

bool PcapFile::next(Packet& packet)
{
    pcap_pkthdr* header = nullptr;
    const unsigned char* bytes = nullptr;
    const int result = pcap_next_ex(impl_->pcap.get(), &header, &bytes);
    if (result != 1) {
        if (result != PCAP_ERROR_BREAK) impl_->problem = pcap_geterr(impl_->pcap.get());
        return false;
    }
    packet.has_time = is_time(header->ts);
    if (packet.has_time)
        impl_->last =
            WallTime(std::chrono::seconds(header->ts.tv_sec) + std::chrono::microseconds(header->ts.tv_usec));
    packet.at = impl_->last;
    packet.bytes = {bytes, header->caplen};
    packet.size = header->len;
    return true;
}

const std::string& PcapFile::problem() const
{
    return impl_->problem;
}

} // namespace sim
