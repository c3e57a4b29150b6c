#pragma once

#include "tests/bench/links_server.hpp"

namespace bench {

/// A bare echo of frames, in two forms. One thread, one coroutine per connection; over TLS by ssl::stream.
///
/// Host::echo, as whoever knows Asio would write it: one buffered read, each whole frame found by its length
/// prefix, all of them written back at once from where they stand. It looks at no more than the two bytes of
/// a length, copies nothing, and several frames of one read share the system call of its write. So it is what
/// a frame costs the kernel and Asio, and the least that any host can need.
///
/// Host::frame_echo, as a protocol of messages is written: a length is read, then so many bytes, and the
/// frame is written back before the next one is looked at.
///
/// port_pipe   is told the port
[[noreturn]] void be_echo(Subject subject, int port_pipe);

} // namespace bench
