/* checkpoint.pml - the protocol of lib/checkpoint.h, for Spin.
 * SPDX-License-Identifier: ISC
 *
 * A source, a window that writes each row's result to a file and passes it on,
 * and a sink like kinesis-put.  Any of them, and a window's snapshot process,
 * may be killed between any two steps; a run may begin while processes of the
 * run before still live, which only the locks of names keep apart.  Whatever
 * happens, when a source has been told that the job is done,
 *
 *   - each result is in the file once, and in the stream at least once;
 *   - none is in the stream more often than once, and once for each kill at
 *     which it was under way.
 *
 * README.md says how to run it, and what it finds when a rule is broken:
 * BREAK_TOKEN, BREAK_LOCK, BREAK_FIRST, BREAK_NOTES.
 */
#ifndef ROWS
#define ROWS 2
#endif
#ifndef KILLS
#define KILLS 1
#endif
#define RUNS (KILLS + 1)
#ifndef MARKS
#define MARKS 1 /* of a run, the last one besides */
#endif
#define IDS (RUNS * (MARKS + 1) + 1)

mtype = { row, mark };
/* Row: its number; mark: its id and the run that is its token. */
chan to_window[RUNS] = [1] of { mtype, byte, byte };
chan to_sink[RUNS] = [1] of { mtype, byte, byte };
bool source_lives[RUNS], window_lives[RUNS], sink_lives[RUNS];

/* The first mark tells whether source and stage begin with the same one. */
#ifdef BREAK_TOKEN
#define GOES_ON(from) true
#else
#define GOES_ON(from) (token_from == from)
#endif

/* The folder.  A part is a position + 1; 0: it is not there. */
byte source_part[IDS], window_part[IDS], sink_part[IDS];
bool is_last[IDS];
bool lost[IDS]; /* no part of the window comes any more */
byte began[RUNS]; /* processes that have their names */
byte latest, highest, token_from;
byte token = RUNS;
byte source_lock, window_lock, sink_lock; /* how many processes hold it */

byte in_file[ROWS + 1], in_stream[ROWS + 1], doubt[ROWS + 1];
bool noted[ROWS + 1];
byte kills = KILLS;
bool done;

/* A name that somebody has is waited for. */
#define TAKE(lock) atomic { lock == 0 -> lock++ }
#define KILL(label) atomic { kills > 0 && !done -> kills--; goto label }

inline forget_numbers_above(from)
{
	i = from + 1;
	do
	:: i < IDS ->
		source_part[i] = 0; window_part[i] = 0; sink_part[i] = 0; i++
	:: else -> break
	od;
	i = 0
}

inline begin_mark(finishes)
{
	atomic {
		highest++;
		pending = highest;
		marks++;
		is_last[pending] = finishes;
		source_part[pending] = pos + 1
	};
	if
	:: to_window[r] ! mark, pending, r
	:: !window_lives[r] -> goto dead
	fi
}

proctype source(byte r)
{
	byte from, pos, pending, marks, i;
	bool whole;

	TAKE(source_lock);
	atomic {
		from = latest;
		if
		:: from > 0 -> pos = source_part[from] - 1
		:: else
		fi;
		forget_numbers_above(from);
		token = r; began[r]++;
		token_from = from
	};
#ifdef BREAK_FIRST
	whole = true;
#else
	whole = from > 0;
#endif
	begin_mark(false);
	do
	:: whole && pos < ROWS ->
		if
		:: atomic { to_window[r] ! row, pos + 1, 0 -> pos++ }
		:: !window_lives[r] -> goto dead
		fi
	:: pending != 0 && window_part[pending] > 0 &&
	    sink_part[pending] > 0 ->
		atomic {
			latest = pending;
			whole = true;
			if
			:: is_last[pending] -> done = true; goto dead
			:: else -> pending = 0
			fi
		}
	:: pending != 0 && lost[pending] -> /* --checkpoint-timeout */
		if
		:: whole && !is_last[pending] -> pending = 0
		:: else -> goto dead
		fi
	:: pending == 0 && pos < ROWS && marks < MARKS -> begin_mark(false)
	:: pending == 0 && pos == ROWS && whole -> begin_mark(true)
	:: !window_lives[r] || !sink_lives[r] -> goto dead
	:: KILL(dead)
	od;
dead:	atomic { source_lives[r] = false; source_lock-- }
}

/* The snapshot's process, which has the lock of its parent's name. */
proctype snapshot(byte id, state)
{
	if
	:: source_part[id] > 0 -> window_part[id] = state + 1
	:: KILL(dead)
	:: source_part[id] == 0 /* its folder is gone */
	fi;
dead:	atomic { window_lock--; lost[id] = (window_part[id] == 0) }
}

proctype window(byte r)
{
	byte from, state, x, t, i;
	mtype kind;
	bool begun;

#ifndef BREAK_LOCK
	TAKE(window_lock);
#else
	window_lock++;
#endif
	d_step {
		began[r]++;
		from = latest;
		if
		:: from > 0 -> state = window_part[from] - 1
		:: else
		fi
	};
	do
	:: atomic { to_window[r] ? kind, x, t ->
		if
		:: begun
		:: !begun && kind == mark && t == token && GOES_ON(from) ->
			begun = true;
			/* Without one nobody knows what was in the file. */
			i = (from > 0 -> state + 1 : ROWS + 1);
			do
			:: i <= ROWS -> in_file[i] = 0; i++
			:: else -> i = 0; break
			od
		:: else -> goto dead
		fi };
		if
		:: kind == row ->
			atomic {
				assert(x == state + 1);
				state = x;
				in_file[x]++
			};
			if
			:: to_sink[r] ! row, x, 0
			:: !sink_lives[r] -> goto dead
			fi
		:: kind == mark ->
			atomic { window_lock++; run snapshot(x, state) };
			if
			:: to_sink[r] ! mark, x, t
			:: !sink_lives[r] -> goto dead
			fi
		fi
	:: !source_lives[r] && empty(to_window[r]) -> goto dead
	:: KILL(dead)
	od;
dead:	atomic { window_lives[r] = false; window_lock-- }
}

proctype sink(byte r)
{
	byte from, number, x, t, i;
	mtype kind;
	bool begun;

	TAKE(sink_lock);
	d_step {
		began[r]++;
		from = latest;
		if
		:: from > 0 -> number = sink_part[from] - 1
		:: else
		fi
	};
	do
	:: atomic { to_sink[r] ? kind, x, t ->
		if
		:: begun
		:: !begun && kind == mark && t == token && GOES_ON(from) ->
			begun = true
		:: else -> goto dead
		fi };
		if
		:: kind == row ->
			number++;
			assert(x == number);
			if
			:: noted[number]
			:: else ->
				in_stream[x]++; /* not known yet here */
				if
				:: noted[number] = true
				:: atomic { kills > 0 && !done ->
					kills--; doubt[x]++; goto dead }
				fi
			fi
		:: kind == mark ->
			if
			:: source_part[x] > 0 ->
				sink_part[x] = number + 1
			:: source_part[x] == 0
			fi;
			atomic { /* no run goes on from before latest */
#ifdef BREAK_NOTES
				i = number;
#else
				i = (latest > 0 -> sink_part[latest] - 1 : 0);
#endif
				do
				:: i > 0 -> noted[i] = false; i--
				:: else -> break
				od
			}
		fi
	:: !window_lives[r] && empty(to_sink[r]) -> goto dead
	:: KILL(dead)
	od;
dead:	atomic { sink_lives[r] = false; sink_lock-- }
}

inline start(r)
{
	atomic {
		source_lives[r] = true; window_lives[r] = true;
		sink_lives[r] = true;
		run source(r); run window(r); run sink(r)
	}
}

init {
	byte r, x;

	start(0);
	do
	/* As soon as one of them has died, whatever the others do. */
	:: !done && r + 1 < RUNS && began[r] == 3 &&
	    (!source_lives[r] || !window_lives[r] || !sink_lives[r]) ->
		r++;
		start(r)
	:: done -> break
	:: !done && r + 1 == RUNS && !source_lives[r] &&
	    !window_lives[r] && !sink_lives[r] -> goto end
	od;
	atomic {
		x = 1;
		do
		:: x <= ROWS ->
			assert(in_file[x] == 1);
			assert(in_stream[x] >= 1);
			assert(in_stream[x] <= 1 + doubt[x]);
			x++
		:: else -> break
		od
	};
end:	skip
}
