/// `tollgate-sim msg`: message tools on the command line.
#pragma once

#include "codec/describe.hpp"
#include "sim/msg_envelope.hpp"
#include "sim/msg_input.hpp"
#include "sim/msg_reading.hpp"
#include "sim/report.hpp"

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace sim {

/// Sub-commands describe, diff, build, convert, validate and doctor. Card data is masked unless --unsafe is
/// given.
class MsgCommand {
public:
    /// Adds `msg` to a program that lives longer than this object.
    explicit MsgCommand(CLI::App& program);

    [[nodiscard]] bool was_given() const;

    /// Data goes to `out`, talk to `talk`.
    /// returns  differs when the message is not what was hoped for
    /// throws   InputError, codec::DialectError
    [[nodiscard]] Exit run(std::istream& in, std::ostream& out, std::ostream& talk);

private:
    using Run = Exit (MsgCommand::*)();

    CLI::App& add(const std::string& name, const std::string& what, const std::string& example, Run how);
    void add_message(CLI::App& command);
    void add_input(CLI::App& command);
    void add_dialect(CLI::App& command);
    void add_envelope(CLI::App& command);
    void add_output(CLI::App& command);

    [[nodiscard]] Exit describe();
    [[nodiscard]] Exit diff();
    [[nodiscard]] Exit build();
    [[nodiscard]] Exit convert();
    [[nodiscard]] Exit validate();
    [[nodiscard]] Exit doctor();

    [[noreturn]] void throw_unknown_command() const;
    [[nodiscard]] std::string message_argument() const; ///< its words, or - for standard input
    [[nodiscard]] Input input(const std::string& argument) const;
    [[nodiscard]] Opened open(const std::string& argument) const;
    void write_message(const EnvelopeNames& envelope, std::span<const std::uint8_t> header,
                       std::span<const std::uint8_t> message) const;
    [[nodiscard]] codec::Show show() const;

    struct Options {
        std::vector<std::string> messages;
        std::string first;
        std::string second;
        std::vector<std::string> dialects;
        std::string dialect;
        std::string target;
        EnvelopeNames envelope;
        InputForm form = InputForm::detect;
        std::size_t lines = 5;
        bool wants_json = false;
        bool is_unsafe = false;
        bool drops_unknown = false;
        bool is_binary = false;
    };

    CLI::App* msg_ = nullptr;
    std::vector<std::pair<CLI::App*, Run>> commands_;
    Options options_;
    std::istream* in_ = nullptr;
    std::ostream* out_ = nullptr;
    std::ostream* talk_ = nullptr;
};

} // namespace sim
