# lint - the checks of scripts/lint, each a test; and lint itself on bad trees.
# SPDX-License-Identifier: ISC

load helpers

lint() {
  run --separate-stderr "$ROOT/scripts/lint" "$1"
  [[ $status -ne 77 ]] || skip "$stderr"
  assert_status 0
}

@test "includes point down only: lib, aws, program" { lint layers; }
@test "each source includes its own header first" { lint own-header; }
@test "no function is exported for tests alone" { lint users; }
@test "each header compiles alone" { lint headers; }
@test "each file says its licence" { lint heads; }
@test "shellcheck finds nothing in the scripts" { lint shell; }
@test "the C files are as clang-format writes them" { lint format; }
@test "nothing is left to do by its own word" { lint marks; }
@test "each manual page has all options, and none that is unknown" { lint manual; }
@test "mandoc finds nothing in the manual pages" { lint mandoc; }
@test "no path of one machine is in the tree" { lint paths; }

# tree: a small tree of the same shape, to be spoilt.
tree() {
  command -v git >/dev/null || skip 'git is missing'
  mkdir -p tree/{lib,aws,window,kinesis-put,datagen,scripts,bin,man}
  : >tree/man/windowpipe.7
  cp "$ROOT/scripts/lint" tree/scripts
  printf 'int main(void);\n' | tee tree/{window,kinesis-put,datagen}/main.c \
    >tree/lib/a.c
  printf '#include "lib/a.h"\n' | tee tree/aws/b.c >tree/lib/a.c
  printf 'int lib_a(void);\n' >tree/lib/a.h
  cd tree || return
  git init -q .
  git add .
}

lint_here() { BIN=bin run --separate-stderr scripts/lint "$@"; }

@test "lint finds an include that points up or across" {
  tree
  lint_here layers
  assert_status 0
  echo '#include "aws/b.h"' >>lib/a.c
  lint_here layers
  assert_status 1
  assert_stderr_has 'lib/a.c includes aws/b.h'
  tree_of_programs=(window datagen)
  echo >lib/a.c
  for program in "${tree_of_programs[@]}"; do
    echo '#include "kinesis-put/x.h"' >>"$program/main.c"
    lint_here layers
    assert_status 1
    assert_stderr_has "$program/main.c includes kinesis-put/x.h"
  done
}

@test "lint finds a function that nothing but its test calls" {
  tree
  printf '%s\n' '#include "lib/a.h"' 'int' 'lib_a(void)' '{' '	return 1;' '}' >lib/a.c
  printf '%s\n' 'int lib_a(void); /* not lib_a() */' >lib/a.h
  lint_here users
  assert_status 1
  assert_stderr_has 'lib/a.c: no program calls lib_a()'
  printf '%s\n' 'int' 'main(void)' '{' '	return lib_a();' '}' >window/main.c
  lint_here users
  assert_status 0
}

@test "lint finds curl outside of aws and kinesis-put" {
  tree
  echo '#include <curl/curl.h>' >>kinesis-put/main.c
  lint_here layers
  assert_status 0
  echo '#include <curl/curl.h>' >>window/main.c
  lint_here layers
  assert_status 1
  assert_stderr_has 'only aws and kinesis-* may use libcurl, OpenSSL, expat and zlib'
}

@test "lint finds a header that needs another" {
  tree
  echo 'size_t lib_b(void);' >lib/b.h
  lint_here headers
  assert_status 1
  assert_stderr_has 'lib/b.h does not compile alone'
}

@test "lint finds an option that the manual page lacks, or has too much" {
  tree
  for program in window kinesis-put datagen; do
    printf '#!/bin/sh\n%s\n' \
      "printf 'complete -c %s -l %s\\n' x rate x 'seed -s n'" >"bin/$program"
    chmod +x "bin/$program"
    printf '.It Fl -rate Ar N\nx\n.It Fl n , Fl -seed Ar S\ny\n.El\n' \
      >"man/$program.1"
  done
  lint_here manual
  assert_status 0
  printf '.It Fl -rate Ar N\n' >man/window.1
  printf '.It Fl -burst Ar N\n.El\n' >>man/datagen.1
  lint_here manual
  assert_status 1
  assert_stderr_has '--seed'
  assert_stderr_has 'window has these options, the manual page has not'
  assert_stderr_has '--burst'
  assert_stderr_has 'man/datagen.1 has these options, datagen has not'
  assert_stderr_has 'man/datagen.1: these have no text'
}

@test "lint finds a table of the manual that a terminal has no room for" {
  command -v mandoc >/dev/null || skip 'mandoc is missing'
  command -v groff >/dev/null || skip 'groff is missing'
  tree
  printf '%s\n' '.Dd June 10, 2024' '.Dt X 7' '.Os' '.Sh NAME' '.Nm x' \
    '.Nd y' '.Sh DESCRIPTION' >man/windowpipe.7
  lint_here mandoc
  assert_status 0
  printf '%s\n' ".Bl -column \"$(printf '%070d' 0)\" \"b\"" \
    '.It a Ta words that wrap' '.El' >>man/windowpipe.7
  lint_here mandoc
  assert_status 1
  assert_stderr_has 'man/windowpipe.7: too wide'
}

@test "lint finds a mark of unfinished work" {
  tree
  printf '/* %sDO: more */\n' TO >>lib/a.c
  git add .
  lint_here marks
  assert_status 1
  assert_stderr_has 'lib/a.c'
}

@test "lint knows its checks by name" {
  tree
  lint_here layer
  assert_status 2
  assert_stderr_has "no check 'layer'"
}

@test "lint --help names the checks, and an unknown one is status 2" {
  run --separate-stderr "$ROOT/scripts/lint" --help
  assert_status 0
  assert_output_has 'usage: scripts/lint [CHECK...]'
  assert_output_has ' own-header '
  run --separate-stderr "$ROOT/scripts/lint" --no-such
  assert_status 2
  assert_stderr_has "no check '--no-such'; there are: layers own-header"
}
