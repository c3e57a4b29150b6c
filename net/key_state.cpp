#include "net/key_state.hpp"

#include "codec/hex.hpp"
#include "net/key_file.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace net {

namespace {

constexpr std::string_view schema = "tollgate/key-state/1";

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why)
{
    throw KeyFileError("key state file " + path.string() + " " + why);
}

[[noreturn]] void refuse_by_system(const std::filesystem::path& path)
{
    refuse(path, "cannot be written: " + std::system_category().message(errno));
}

bool is_hex(const std::string& text)
{
    return !text.empty() && codec::bytes_of_hex(text).has_value();
}

bool is_digest(const std::string& text)
{
    return text.size() == 64 && is_hex(text);
}

std::string line_of(const char* word, const std::optional<WrappedKey>& key)
{
    return key ? std::string(word) + " " + key->key + " " + key->check + "\n" : std::string{};
}

/// Owner only; gone again unless it gets its name.
class NewFile {
public:
    explicit NewFile(const std::filesystem::path& path)
        : path_(path), hidden_(path.string() + ".new"),
          descriptor_(::open(hidden_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR))
    {
        if (descriptor_ < 0) refuse_by_system(path_);
    }
    ~NewFile()
    {
        ::close(descriptor_);
        if (!is_named_) ::unlink(hidden_.c_str());
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    void write(std::string_view text)
    {
        while (!text.empty()) {
            const auto done = ::write(descriptor_, text.data(), text.size());
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) refuse_by_system(path_);
            text.remove_prefix(static_cast<std::size_t>(done));
        }
        if (::fsync(descriptor_) != 0) refuse_by_system(path_);
    }
    void take_name()
    {
        if (::rename(hidden_.c_str(), path_.c_str()) != 0) refuse_by_system(path_);
        is_named_ = true;
        const auto folder = std::filesystem::absolute(path_).parent_path();
        const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (opened < 0) refuse_by_system(path_);
        const bool is_safe = ::fsync(opened) == 0;
        ::close(opened);
        if (!is_safe) refuse_by_system(path_);
    }

private:
    std::filesystem::path path_;
    std::string hidden_;
    int descriptor_;
    bool is_named_ = false;
};

} // namespace

std::optional<KeyState> read_key_state(const std::filesystem::path& path)
{
    std::error_code error;
    if (!std::filesystem::exists(path, error) && !error) return std::nullopt;
    std::ifstream file(path);
    std::string line;
    if (!file || !std::getline(file, line) || line != schema)
        refuse(path, "is no such file: its first line must be " + std::string(schema));
    KeyState state;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string name;
        WrappedKey key;
        words >> name >> key.key >> key.check;
        if (name == "origin" && !key.key.empty() && key.check.empty())
            state.origin = key.key;
        else if (name == "spent" && is_digest(key.key) && key.check.empty())
            state.spent.push_back(key.key);
        else if ((name == "working" || name == "next") && is_hex(key.key) && is_hex(key.check))
            (name == "next" ? state.next : state.working) = key;
        else
            refuse(path, "has a line that cannot be read; without the file mac_key_file counts again");
    }
    if (state.origin.empty()) refuse(path, "is cut off; without it mac_key_file counts again");
    return state;
}

Kept keep(const KeyKeeping& keeping)
{
    const KeyState& state = keeping.state;
    std::string text = std::string(schema) + "\norigin " + state.origin + "\n" +
                       line_of("working", state.working) + line_of("next", state.next);
    for (const std::string& digest : state.spent) text += "spent " + digest + "\n";
    try {
        NewFile file(keeping.file);
        file.write(text);
        file.take_name();
    } catch (const KeyFileError&) {
        return Kept::no;
    }
    return Kept::yes;
}

} // namespace net
