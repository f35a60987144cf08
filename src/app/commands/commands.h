// The commands of `souk`, one file each.
#pragma once

#include "app/commands/command.h"

namespace souk::app {

void add_up(CLI::App& app, Invocation& invocation);
void add_serve(CLI::App& app, Invocation& invocation);
void add_config(CLI::App& app, Invocation& invocation);
void add_init(CLI::App& app, Invocation& invocation);
void add_admin(CLI::App& app, Invocation& invocation);
void add_migrate(CLI::App& app, Invocation& invocation);
void add_seed(CLI::App& app, Invocation& invocation);
void add_loadtest(CLI::App& app, Invocation& invocation);
void add_capacity(CLI::App& app, Invocation& invocation);
void add_certify(CLI::App& app, Invocation& invocation);
void add_probe(CLI::App& app, Invocation& invocation);
void add_backup(CLI::App& app, Invocation& invocation);
void add_restore(CLI::App& app, Invocation& invocation);
void add_cache(CLI::App& app, Invocation& invocation);
void add_catalog(CLI::App& app, Invocation& invocation);
void add_jobs(CLI::App& app, Invocation& invocation);
void add_trace(CLI::App& app, Invocation& invocation);
void add_version(CLI::App& app, Invocation& invocation);
void add_reference(CLI::App& app, Invocation& invocation);

}  // namespace souk::app
