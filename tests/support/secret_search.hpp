/// Finds secrets in files and in the memory of processes, in every form in which card data travels.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// Something that must not be found. Its name says on which way it was sent.
struct Secret {
    enum class Kind : std::uint8_t {
        digits, ///< at least 16. The first six and the last four may be shown, so 12 or 10 at the end are
                ///< looked for
        text,   ///< of printable ASCII
        bytes,
    };
    std::string name;
    Kind kind = Kind::digits;
    std::string value;
};

struct Hit {
    std::string artefact;
    std::string secret;
    std::string form; ///< "packed, odd", "hexadecimal of EBCDIC"
    std::uint64_t offset = 0;
};
[[nodiscard]] std::string text_of(const std::vector<Hit>& hits);

/// The value of a secret in one form, as it would stand in memory.
[[nodiscard]] std::string ebcdic_of(std::string_view text);
[[nodiscard]] std::string hex_of(std::string_view bytes, std::string_view digits = "0123456789abcdef");
/// Two digits in a byte; an odd one gets the nibble 0xF behind it.
[[nodiscard]] std::string packed(std::string_view digits);

class SecretSearch {
public:
    explicit SecretSearch(const std::vector<Secret>& secrets);

    [[nodiscard]] std::vector<Hit> in_bytes(const std::string& artefact, std::span<const char> bytes) const;
    /// A file, or every file below a folder. What disappears meanwhile is left out.
    /// throws   std::runtime_error when there is nothing at all
    [[nodiscard]] std::vector<Hit> in_files(const std::string& path) const;
    /// All that a process can write, as a core file of it would hold it. It must stand still.
    /// throws   std::runtime_error when we may not look
    [[nodiscard]] std::vector<Hit> in_memory(const std::string& artefact, pid_t process) const;

private:
    /// The first byte counts by its lower nibble only where a packed run begins in the middle of a byte, the
    /// last one by its upper.
    struct Needle {
        std::string bytes;
        std::uint8_t first_mask = 0xFF;
        std::uint8_t last_mask = 0xFF;
        std::string secret;
        std::string form;
    };

    void add(const Secret& secret, const std::string& form, std::string bytes);
    void add_text(const Secret& secret, std::string_view text);
    void add_packed(const Secret& secret, std::string_view digits);
    static bool is_at(const Needle& needle, const char* bytes);

    std::vector<Needle> needles_;
    /// Needles by their second and third byte, which always count whole.
    std::vector<std::vector<std::size_t>> by_start_ = std::vector<std::vector<std::size_t>>(65'536);
};

} // namespace test
