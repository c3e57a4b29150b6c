// No descriptor is left (RELIABILITY row 15).
#include "net/descriptor.hpp"
#include "tests/support/hostile.hpp"

#include <sys/resource.h>

using namespace wire;

namespace {

/// Lets this process have no descriptor beside those that it has, and a few more.
class FewDescriptors {
public:
    explicit FewDescriptors(std::size_t more)
    {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit now{256, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &now);
        for (int copy = ::dup(0); copy >= 0; copy = ::dup(0)) copies_.emplace_back(copy);
        copies_.resize(copies_.size() - more);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

private:
    rlimit before_{};
    std::vector<net::Descriptor> copies_;
};

} // namespace

TEST_CASE("no descriptor is left: who is there is served, who waits gets in as soon as somebody goes")
{
    constexpr std::size_t count = 12;
    SharedBooks books;
    RunningServer server(books);
    const Peer honest(server.port());
    CHECK(honest.code_of(sale(hostile::stan_of(1))) == "00");
    std::vector<std::unique_ptr<Peer>> waiting;
    for (std::size_t i = 0; i < count; ++i) waiting.push_back(std::make_unique<Peer>());
    {
        const FewDescriptors few(2);
        for (const auto& peer : waiting) peer->connect(server.port());
        REQUIRE(server.comes_to_log("accept_paused"));
        for (std::size_t i = 2; i < 50; ++i) CHECK(honest.code_of(sale(hostile::stan_of(i))) == "00");
        CHECK(server.lines_with("accept_paused") == 1);
        for (const auto& peer : waiting) {
            CHECK(peer->code_of(management("301")) == "00");
            peer->close();
        }
    }
    CHECK(server.comes_to_log("accept_resumed"));
    CHECK(honest.code_of(sale(hostile::stan_of(99))) == "00");
    CHECK(server.comes_to(1));
}
