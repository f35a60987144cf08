// A process by descriptor: unlike its id, it never refers to another process.
// Threading: may be called from any thread.
#pragma once

#include <sys/types.h>

#include <chrono>

#include "app/embedded/file_descriptor.h"

namespace souk::app {

// Empty when there is no such process.
FileDescriptor open_process(pid_t pid);
void signal_process(const FileDescriptor& process, int number);
// Waits for its end at most for `time`. A child must still be reaped.
bool process_ends_within(const FileDescriptor& process, std::chrono::milliseconds time);

}  // namespace souk::app
