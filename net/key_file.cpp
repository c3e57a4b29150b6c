#include "net/key_file.hpp"

#include "codec/hex.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string>

namespace net {

namespace {

constexpr std::size_t text_max = 1'024;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why)
{
    throw KeyFileError("key file " + path.string() + " " + why);
}

void check_owner_only(const std::filesystem::path& path)
{
    using std::filesystem::perms;
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (error || !std::filesystem::is_regular_file(status)) refuse(path, "is no file that can be read");
    if ((status.permissions() & (perms::group_all | perms::others_all)) != perms::none)
        refuse(path, "can be reached by others than its owner: chmod 600");
}

} // namespace

codec::WipedBytes read_key_file(const std::filesystem::path& path)
{
    check_owner_only(path);
    std::ifstream file;
    char buffer[text_max + 1]{};
    file.rdbuf()->pubsetbuf(nullptr, 0); // the stream keeps no copy of its own
    file.open(path, std::ios::binary);
    if (!file) refuse(path, "cannot be read");
    file.read(buffer, sizeof buffer);
    if (file.gcount() > static_cast<std::streamsize>(text_max)) {
        codec::overwrite(buffer, sizeof buffer);
        refuse(path, "is too long: a key file has at most 1,024 characters");
    }
    auto end = buffer + file.gcount();
    end = std::remove_if(buffer, end, [](unsigned char c) { return std::isspace(c) != 0; });
    auto bytes = codec::bytes_of_hex({buffer, static_cast<std::size_t>(end - buffer)});
    codec::overwrite(buffer, sizeof buffer);
    if (!bytes || bytes->empty()) refuse(path, "must hold hexadecimal digits, two for each byte");
    codec::WipedBytes key(bytes->begin(), bytes->end());
    codec::overwrite(bytes->data(), bytes->size());
    return key;
}

} // namespace net
