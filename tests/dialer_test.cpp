#include "tests/support/link_probe.hpp"
