/// Runs a fuzz target over files, without a fuzzer: `decode_fuzz FILE|FOLDER...`. An input that breaks a
/// property ends the process; its name is the last one printed.

#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace {

std::vector<std::filesystem::path> files_of(const std::filesystem::path& place)
{
    if (!std::filesystem::is_directory(place)) return {place};
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(place))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

void run(const std::filesystem::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot be read: " + file.string());
    const fuzz::Bytes bytes{std::istreambuf_iterator<char>(stream), {}};
    std::cout << file.string() << '\n' << std::flush;
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

} // namespace

int main(int count, char** arguments)
{
    try {
        std::size_t inputs = 0;
        for (int i = 1; i < count; ++i)
            for (const auto& file : files_of(arguments[i])) {
                run(file);
                ++inputs;
            }
        if (inputs == 0)
            throw std::runtime_error("no inputs; usage: " + std::string(arguments[0]) + " FILE|FOLDER...");
        std::cout << inputs << " inputs passed\n";
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
