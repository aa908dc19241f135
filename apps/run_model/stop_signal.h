// Ctrl-C and its like as a wish that the program fulfils at the next good place.
#pragma once

namespace octet::app {

// From now on the first SIGINT, SIGTERM or SIGHUP is only noted, and a second one ends the program
// at once; signals that were ignored stay so. Writes beyond the limit on file sizes fail instead of
// ending the program.
void note_stop_signals();
// The signal that came, or 0.
int stop_signal();

}  // namespace octet::app
