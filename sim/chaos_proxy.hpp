/// A proxy that treats frames by rules, and tells what it did.
#pragma once

#include "sim/chaos_rules.hpp"

#include <boost/json/fwd.hpp>

#include <array>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <vector>

namespace sim {

class ChaosProxy {
public:
    struct Settings {
        Address listen;
        Address server;
        std::shared_ptr<const codec::Dialect> dialect;
        WireForm form;
        std::vector<ChaosRule> rules; ///< the first one that fits a frame is applied to it
    };

    /// out      a JSON object a line: "listening", then "struck" for each frame that a rule was applied to.
    ///          "broken" for a stream that cannot be read on, TLS for example. "server_lost" and
    ///          "server_found", "accepting_paused" and "accepting_again" once per change. Written by the
    ///          proxy's thread
    /// throws   WireError
    ChaosProxy(Settings settings, std::ostream& out);
    /// Cuts all connections, then writes "counts".
    ~ChaosProxy();
    ChaosProxy(const ChaosProxy&) = delete;
    ChaosProxy& operator=(const ChaosProxy&) = delete;

    [[nodiscard]] Address address() const { return proxy_->door(0); }

private:
    [[nodiscard]] Treatment treat(const PassingFrame& frame);
    void tell(const boost::json::object& event);
    void tell_news(const DoorNews& news);
    void tell_broken(const BrokenStream& stream);
    void tell_strike(const SeenFrame& seen, std::size_t rule);
    void tell_counts();

    Settings settings_;
    std::ostream& out_;
    std::mutex mutex_; ///< of out_: doors tell from the beginning
    std::uint64_t requests_ = 0;
    std::uint64_t answers_ = 0;
    std::uint64_t sender_waits_ = 0; ///< of the proxy, once it has ended
    std::unique_ptr<Proxy> proxy_;   ///< last: its thread uses the rest
};

} // namespace sim
