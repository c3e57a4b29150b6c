#pragma once

#include "codec/dialect.hpp"
#include "codec/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a fuzz target defines. Built with libFuzzer (preset fuzz) it searches for inputs; built with
/// replay_main.cpp it runs over the files of its corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

using Bytes = std::vector<std::uint8_t>;

/// Ends the process when a property does not hold, so that the input is kept as a finding.
void require(bool holds, const char* property);

/// Takes choices from the front of an input; gives zeros when it is used up.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

    [[nodiscard]] std::uint8_t byte();
    /// 0..count-1
    [[nodiscard]] std::size_t choice(std::size_t count) { return byte() % count; }
    /// The rest, in memory that ends with it: a byte read behind it is seen by the address sanitizer.
    [[nodiscard]] Bytes rest() const { return {left_.begin(), left_.end()}; }
    [[nodiscard]] std::string rest_text() const { return {left_.begin(), left_.end()}; }
    [[nodiscard]] std::size_t left() const { return left_.size(); }

private:
    std::span<const std::uint8_t> left_;
};

/// The dialects that inputs choose from, by a byte: the built-in ones, then those of tests/fuzz/dialects. New
/// ones come last, so that a corpus keeps its meaning.
[[nodiscard]] const std::vector<std::shared_ptr<const codec::Dialect>>& dialects();
[[nodiscard]] const codec::Dialect& chosen_dialect(Input& input);

/// A file in memory, for readers that open one by its path. Only its owner may read it.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view content);
    ~MemoryFile();
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    int descriptor_;
    std::string path_;
};

/// "FILE:12: why" or "FILE:12:3: why".
[[nodiscard]] bool begins_with_place(std::string_view text, std::string_view file);
/// Thirteen digits or more in a row.
[[nodiscard]] bool shows_long_number(std::string_view text);

[[nodiscard]] std::string_view as_text(std::span<const std::uint8_t> bytes);

/// The message on the wire. It must be one that can be written.
[[nodiscard]] Bytes encoded(const codec::Dialect& dialect, const codec::Message& message);

} // namespace fuzz
