#include "net/key_exchange.hpp"

#include "codec/hex.hpp"
#include "codec/mac_key.hpp"
#include "net/key_file.hpp"
#include "net/sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace net {

namespace {

constexpr std::size_t des_block = 8;
constexpr std::size_t aes_block = 16;
constexpr std::size_t shown_bytes = 3; ///< of a check value, as it is customary
constexpr std::size_t spent_max = 256; ///< keys that are remembered

enum class KeyKind : std::uint8_t { triple_des, aes };

struct Free {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

bool holds(const std::vector<std::string>& list, std::string_view function)
{
    return std::find(list.begin(), list.end(), function) != list.end();
}

/// The first bytes of a block of zeros under the key: encrypted by triple DES, or AES-CMAC of it (ANSI
/// X9.24). A triple DES MAC of one block is its encryption.
std::string check_value_of(std::span<const std::uint8_t> key, KeyKind kind)
{
    const bool is_aes = kind == KeyKind::aes;
    const codec::MacKey ready(is_aes ? codec::MacAlgorithm::aes_cmac : codec::MacAlgorithm::cbc_3des, key);
    constexpr std::array<std::uint8_t, aes_block> zeros{};
    return ready.mac_of(std::span(zeros).first(is_aes ? aes_block : des_block), codec::MacPadding::method_1);
}

std::array<std::uint8_t, 32> id_of(std::span<const std::uint8_t> key)
{
    return sha256({reinterpret_cast<const char*>(key.data()), key.size()});
}

bool is_triple_des(codec::MacAlgorithm algorithm)
{
    return algorithm == codec::MacAlgorithm::retail || algorithm == codec::MacAlgorithm::cbc_3des;
}

/// Two of its single keys in a row undo each other, and single DES is left. The last bit of a byte is parity.
bool is_single_des(std::span<const std::uint8_t> key)
{
    const auto is_like = [](std::uint8_t a, std::uint8_t b) { return (a | 1) == (b | 1); };
    for (std::size_t at = des_block; at + des_block <= key.size(); at += des_block)
        if (std::equal(key.begin() + at, key.begin() + at + des_block, key.begin() + at - des_block, is_like))
            return true;
    return false;
}

std::string_view text_of(const codec::WipedBytes& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

/// The zone key. It stays in memory as long as the link does, and is wiped at the end.
struct KeyExchange::Zone {
    Zone(std::span<const std::uint8_t> key, KeyWrap wrap) : triple(key.begin(), key.end())
    {
        if (key.size() != 16 && key.size() != 24)
            throw std::invalid_argument("a zone key has 16 or 24 bytes, not " + std::to_string(key.size()));
        if (key.size() == 16) triple.insert(triple.end(), key.begin(), key.begin() + 8);
        cipher.reset(
            EVP_CIPHER_fetch(nullptr, wrap == KeyWrap::tdes_ecb ? "DES-EDE3" : "DES-EDE3-CBC", nullptr));
        if (!cipher) throw std::runtime_error("OpenSSL: triple DES is not available");
    }

    /// wrapped   whole blocks
    [[nodiscard]] codec::WipedBytes unwrapped(const codec::WipedBytes& wrapped) const
    {
        const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
        constexpr std::array<std::uint8_t, des_block> zero_iv{};
        codec::WipedBytes key(wrapped.size());
        int size = 0;
        if (!context ||
            EVP_DecryptInit_ex2(context.get(), cipher.get(), triple.data(), zero_iv.data(), nullptr) != 1 ||
            EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
            EVP_DecryptUpdate(context.get(), key.data(), &size, wrapped.data(),
                              static_cast<int>(wrapped.size())) != 1)
            throw std::runtime_error("OpenSSL: triple DES failed");
        return key;
    }

    codec::WipedBytes triple;
    Owned<EVP_CIPHER> cipher;
};

KeyExchange::KeyExchange(KeyExchangeProfile profile, std::span<const std::uint8_t> zone_key,
                         std::shared_ptr<LinkMacs> macs)
    : profile_(std::move(profile)), zone_(std::make_unique<const Zone>(zone_key, profile_.wrap)),
      macs_(std::move(macs))
{
}

KeyExchange::~KeyExchange() = default;

/// A part of the element's value, by the profile's form.
std::optional<codec::WipedBytes> KeyExchange::part(std::string_view value, std::size_t at,
                                                   std::size_t bytes) const
{
    const std::size_t size = profile_.form == KeyForm::hex ? 2 * bytes : bytes;
    if (at - 1 > value.size() || value.size() - (at - 1) < size) return std::nullopt;
    const std::string_view text = value.substr(at - 1, size);
    if (profile_.form == KeyForm::raw) return codec::WipedBytes(text.begin(), text.end());
    const auto raw = codec::bytes_of_hex(text);
    if (!raw) return std::nullopt;
    return codec::WipedBytes(raw->begin(), raw->end());
}

KeyExchange::Verdict KeyExchange::take(const codec::Message& message)
{
    const std::string_view function = message.get(70);
    const bool is_mac = holds(profile_.mac_key, function);
    if (!is_mac && !holds(profile_.pin_key, function)) return Verdict::not_mine;
    if (is_mac && !macs_) return Verdict::not_served;
    const std::string_view value = message.get(profile_.de);
    const auto wrapped = part(value, profile_.key_at, profile_.key_bytes);
    const auto check = part(value, profile_.check_at, profile_.check_bytes);
    if (!wrapped || !check) return Verdict::unreadable;

    const codec::WipedBytes key = zone_->unwrapped(*wrapped);
    const std::string expected = is_mac ? check_of(key) : check_value_of(key, KeyKind::triple_des);
    if (!codec::macs_are_equal(text_of(*check), expected.substr(0, profile_.check_bytes)))
        return Verdict::wrong_check;
    if ((!is_mac || is_triple_des(macs_->profile().rule.algorithm)) && is_single_des(key))
        return Verdict::weak;
    if (!is_mac) return Verdict::not_used;
    const KeyId id = id_of(key);
    if (id == working_ || id == next_) return Verdict::taken; // its answer was lost
    if (std::find(spent_.begin(), spent_.end(), id) != spent_.end()) return Verdict::spent;
    try {
        macs_->offer(key);
    } catch (const std::invalid_argument&) {
        return Verdict::unreadable;
    }
    spend(std::exchange(next_, id));
    state_.next = WrappedKey{codec::hex_of(text_of(*wrapped)), codec::hex_of(text_of(*check))};
    ++version_;
    return Verdict::taken;
}

void KeyExchange::came_into_use()
{
    if (state_.next) state_.working = std::exchange(state_.next, {});
    spend(std::exchange(working_, std::exchange(next_, {})));
    ++version_;
}

std::optional<KeyKeeping> KeyExchange::to_keep() const
{
    if (file_.empty() || kept_version_ == version_) return std::nullopt;
    KeyKeeping keeping{file_, state_, version_};
    for (const KeyId& id : spent_)
        keeping.state.spent.push_back(codec::hex_of({reinterpret_cast<const char*>(id.data()), id.size()}));
    return keeping;
}

void KeyExchange::spend(const std::optional<KeyId>& id)
{
    if (!id || std::find(spent_.begin(), spent_.end(), *id) != spent_.end()) return;
    spent_.push_back(*id);
    if (spent_.size() > spent_max) spent_.pop_front();
}

// --- what the next process begins with

void KeyExchange::begin(std::span<const std::uint8_t> mac_key,
                        const std::optional<std::filesystem::path>& file)
{
    if (!macs_) return;
    working_ = id_of(mac_key);
    const auto shown = [](const std::string& check) { return codec::hex_of(check.substr(0, shown_bytes)); };
    const codec::MacKey ready(macs_->profile().rule.algorithm,
                              mac_key); // check values are of some sizes only
    constexpr std::array<std::uint8_t, aes_block> zeros{};
    state_.origin = shown(ready.mac_of(zeros, codec::MacPadding::method_1)) +
                    shown(check_value_of(zone_->triple, KeyKind::triple_des));
    if (!file) return;
    file_ = *file;
    const auto kept = read_key_state(file_);
    if (!kept) return;
    remember_spent(*kept);
    if (kept->origin != state_.origin) return; // a key file that is new wins
    if (kept->working) {
        const auto key = kept_key(*kept->working);
        macs_->replace(key);
        spend(std::exchange(working_, id_of(key)));
    }
    if (kept->next) {
        const auto key = kept_key(*kept->next);
        macs_->offer(key);
        next_ = id_of(key);
    }
    state_ = {kept->origin, kept->working, kept->next, {}};
}

/// When the key file is a new one, the keys that it has ended are spent, too. Under another zone key nobody
/// can bring them back.
void KeyExchange::remember_spent(const KeyState& kept)
{
    for (const std::string& digest : kept.spent) {
        const auto bytes = codec::bytes_of_hex(digest);
        KeyId id{};
        if (bytes && bytes->size() == id.size()) {
            std::copy(bytes->begin(), bytes->end(), id.begin());
            spend(id);
        }
    }
    if (kept.origin == state_.origin) return;
    for (const auto& ended : {kept.working, kept.next})
        if (const auto key = ended ? unwrapped(*ended) : std::nullopt; key && id_of(*key) != working_)
            spend(id_of(*key));
}

/// Nothing when it is not what its check value says.
std::optional<codec::WipedBytes> KeyExchange::unwrapped(const WrappedKey& kept) const
{
    const auto wrapped = codec::bytes_of_hex(kept.key);
    const auto check = codec::bytes_of_hex(kept.check);
    if (!wrapped || !check || wrapped->size() != profile_.key_bytes) return std::nullopt;
    auto key = zone_->unwrapped(codec::WipedBytes(wrapped->begin(), wrapped->end()));
    const std::string expected = check_of(key);
    if (codec::hex_of(expected.substr(0, check->size())) != codec::hex_of(*check)) return std::nullopt;
    return key;
}

/// throws   KeyFileError when the file holds another key than the network sent
codec::WipedBytes KeyExchange::kept_key(const WrappedKey& kept) const
{
    if (auto key = unwrapped(kept)) return std::move(*key);
    throw KeyFileError("key state file " + file_.string() +
                       " holds a key that is not what its check value says; without it mac_key_file counts");
}

std::string KeyExchange::check_of(std::span<const std::uint8_t> key) const
{
    const bool is_aes = macs_->profile().rule.algorithm == codec::MacAlgorithm::aes_cmac;
    return check_value_of(key, is_aes ? KeyKind::aes : KeyKind::triple_des);
}

std::string_view event_of(KeyExchange::Verdict verdict)
{
    constexpr std::string_view names[] = {
        "",         "key_taken", "key_not_used",  "key_unreadable", "key_check_wrong",
        "key_weak", "key_spent", "key_not_served"};
    return names[static_cast<std::size_t>(verdict)];
}

} // namespace net
