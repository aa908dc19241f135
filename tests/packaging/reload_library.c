/* Loads liboctet.so at run time, runs a model, unloads it, many times: nothing stays.
 * reload_library LIBRARY MODEL
 *
 * Loading alone may start no thread, open no file and change no signal handler. After each dlclose
 * the library is no longer mapped and its threads are gone; after the first rounds neither memory
 * nor the number of mappings grows. */
#define _GNU_SOURCE /* NOLINT: sigaction and RTLD_LOCAL under -std=c99 */
#include <dirent.h>
#include <dlfcn.h>
#include <octet/octet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { kSanitized = 1 };
#else
enum { kSanitized = 0 };
#endif

enum { kRounds = 23, kWarmRounds = 3, kSignals = 32 };
/* What the allocator may keep more or less of from one round to the next. */
static const long kSlackBytes = 1 << 20;

#define REQUIRE(condition, ...)               \
  do {                                        \
    if (!(condition)) {                       \
      fprintf(stderr, __VA_ARGS__);           \
      fprintf(stderr, " [%s]\n", #condition); \
      exit(1);                                \
    }                                         \
  } while (0)

/* The function `name` of the library, as a value of octet.h's type. */
#define LOOK_UP(name)                                                         \
  __typeof__(&name) p_##name;                                                 \
  do {                                                                        \
    void* found = dlsym(library, #name);                                      \
    REQUIRE(found != NULL, "%s is not in the library: %s", #name, dlerror()); \
    memcpy(&p_##name, &found, sizeof(found));                                 \
  } while (0)

static int count_entries(const char* folder) {
  DIR* directory = opendir(folder);
  int count = 0;
  while (readdir(directory) != NULL) ++count;
  closedir(directory);
  return count;
}

/* The lines of /proc/self/maps that contain `text`. */
static int count_mappings(const char* text) {
  FILE* file = fopen("/proc/self/maps", "r");
  char line[4096];
  int count = 0;
  while (fgets(line, sizeof(line), file) != NULL) count += strstr(line, text) != NULL;
  fclose(file);
  return count;
}

static long resident_bytes(void) {
  FILE* file = fopen("/proc/self/statm", "r");
  long size = 0, resident = 0;
  const int fields = fscanf(file, "%ld %ld", &size, &resident);
  fclose(file);
  return fields == 2 ? resident * sysconf(_SC_PAGESIZE) : 0;
}

struct surroundings {
  int threads, files;
  struct sigaction actions[kSignals];
};

static void look_around(struct surroundings* seen) {
  memset(seen, 0, sizeof(*seen));
  seen->threads = count_entries("/proc/self/task");
  seen->files = count_entries("/proc/self/fd");
  for (int i = 1; i < kSignals; ++i) sigaction(i, NULL, &seen->actions[i]);
}

static void require_unchanged(const struct surroundings* before, const char* when) {
  struct surroundings now;
  look_around(&now);
  REQUIRE(now.threads == before->threads, "%s: %d threads, before %d", when, now.threads,
          before->threads);
  REQUIRE(now.files == before->files, "%s: %d open files, before %d", when, now.files,
          before->files);
  for (int i = 1; i < kSignals; ++i) {
    REQUIRE(now.actions[i].sa_handler == before->actions[i].sa_handler,
            "%s: the handler of signal %d changed", when, i);
  }
}

static void run_model(void* library, const char* path) {
  LOOK_UP(octet_engine_create);
  LOOK_UP(octet_engine_free);
  LOOK_UP(octet_model_load);
  LOOK_UP(octet_model_free);
  LOOK_UP(octet_session_create);
  LOOK_UP(octet_session_run);
  LOOK_UP(octet_session_free);
  LOOK_UP(octet_error_message);

  octet_engine_options threads = OCTET_INIT(octet_engine_options);
  octet_load_options options = OCTET_INIT(octet_load_options);
  octet_engine* engine = NULL;
  octet_error* error = NULL;
  threads.threads = 3;
  REQUIRE(p_octet_engine_create(&threads, &engine, &error) == OCTET_OK, "%s",
          p_octet_error_message(error));
  for (int quantize = OCTET_QUANTIZE_NONE; quantize <= OCTET_QUANTIZE_W8A8; ++quantize) {
    float x[64 * 8];
    octet_tensor input = {.data = x, .dtype = OCTET_FLOAT32, .rank = 2, .dims = {64, 8}};
    octet_tensor output = {0};
    octet_model* model = NULL;
    octet_session* session = NULL;
    for (int i = 0; i < 64 * 8; ++i) x[i] = (float)(i % 8);
    options.quantize = quantize;
    REQUIRE(p_octet_model_load(engine, path, &options, &model, &error) == OCTET_OK, "%s",
            p_octet_error_message(error));
    REQUIRE(p_octet_session_create(model, &session, &error) == OCTET_OK, "%s",
            p_octet_error_message(error));
    REQUIRE(p_octet_session_run(session, &input, 1, &output, 1, NULL, &error) == OCTET_OK, "%s",
            p_octet_error_message(error));
    const double difference = (double)((const float*)output.data)[3] - 7;
    REQUIRE(difference < 0.03 && difference > -0.03, "2 * 3 + 1 is off by %f", difference);
    p_octet_session_free(session);
    p_octet_model_free(model);
  }
  p_octet_engine_free(engine);
}

/* What OpenMP's runtime and oneDNN's own library keep per thread is not given back when they are
 * unloaded. A leak check takes them as found: they stay. */
static void keep_libraries_beside(void) {
  static const char* const names[] = {"libgomp.so.1", "libdnnl.so.3", "libstdc++.so.6"};
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
    (void)dlopen(names[i], RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

int main(int argc, char** argv) {
  REQUIRE(argc == 3, "usage: reload_library LIBRARY MODEL");
  const char* name = strrchr(argv[1], '/') + 1;
  long resident = 0;
  int mappings = 0;
  for (int round = 0; round < kRounds; ++round) {
    struct surroundings before;
    look_around(&before);
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != NULL, "%s", dlerror());
    require_unchanged(&before, "loading alone");
    if (kSanitized) keep_libraries_beside();
    run_model(library, argv[2]);
    REQUIRE(dlclose(library) == 0, "%s", dlerror());
    require_unchanged(&before, "after unloading");
    REQUIRE(count_mappings(name) == 0, "%s is still mapped after dlclose", name);
    if (round == kWarmRounds - 1) {
      resident = resident_bytes();
      mappings = count_mappings("");
    }
  }
  const long grown = resident_bytes() - resident;
  const int more = count_mappings("") - mappings;
  printf("%d rounds after the first %d: %ld bytes and %d mappings more\n", kRounds - kWarmRounds,
         kWarmRounds, grown, more);
  if (!kSanitized) { /* a sanitizer keeps what is freed for a while */
    REQUIRE(grown <= kSlackBytes, "memory grew by %ld bytes", grown);
    /* what a round leaves behind would be there many times; a heap that is laid out otherwise is
     * one or two */
    REQUIRE(more < (kRounds - kWarmRounds) / 2, "%d mappings stay", more);
  }
  return 0;
}
