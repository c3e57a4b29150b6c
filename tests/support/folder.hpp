#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

/// A folder of its own.
class Folder {
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "tollgate-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};
