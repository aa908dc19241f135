// Names around an output: the file itself, its temporary name, and where its journal may be.
#pragma once

#include <string>
#include <vector>

#include "apps/run_model/options.h"

namespace octet::app {

// Whether `path` is a device, pipe or socket, links followed.
bool is_special_file(const std::string& path);

// The file that writing to `path` makes or replaces: links are followed, also one whose target is
// missing, and the folder stands as the system names it. So two spellings of a file are one text.
std::string real_path(const std::string& path);

// The temporary name that a later process finds again.
std::string part_path(const std::string& target);

// The journal of a batch run: DIR/run_model.journal, or FILE.journal beside the archive or the
// single output; empty where an output is special, which nothing can be resumed into.
std::string journal_path(const Options& options);

// Where the journal of a run that writes `target`, a real path, is found: in its folder, or under
// its own name, maybe as a link (link_journal()).
std::vector<std::string> journal_paths_of(const std::string& target);

// How a journal names a file: without the folder where that is the journal's own, so that both may
// move together.
std::string name_in_journal(const std::string& target, const std::string& journal);

// Makes a journal known to those of the targets that it does not lie beside, by a link
// TARGET.journal; what cannot be linked stays unknown. unlink_journal() takes these links away
// again.
void link_journal(const std::string& journal, const std::vector<std::string>& targets);
void unlink_journal(const std::string& journal, const std::vector<std::string>& targets);

}  // namespace octet::app
