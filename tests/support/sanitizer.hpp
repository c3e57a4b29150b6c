#pragma once

namespace test {

/// An address or thread sanitizer is built in: each step takes some ten times longer, memory is its own, and
/// what is freed stays for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool has_sanitizer = true;
#else
inline constexpr bool has_sanitizer = false;
#endif

} // namespace test
