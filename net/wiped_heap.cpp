// What this program frees is overwritten first. Card data passes through strings and buffers of many
// libraries on its way; whichever of them it was in, no copy stays behind in free memory for a core file, a
// swap partition or a read behind the end of a buffer (DESIGN 7). Costs less than a hundredth of an
// authorization.
//
// Part of a program, not of a library: it replaces the operators of all that is linked together. A sanitizer
// has operators of its own.
#include "codec/wiped_bytes.hpp"

#include <cstdlib>
#include <new>

#include <malloc.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size)
{
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept
{
    if (memory == nullptr) return;
    codec::overwrite(memory, ::malloc_usable_size(memory));
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    operator delete(memory);
}

void operator delete(void* memory, std::align_val_t) noexcept
{
    operator delete(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    operator delete(memory);
}
#endif
