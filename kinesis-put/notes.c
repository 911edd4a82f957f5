/* notes - which rows are stored since a checkpoint, on disk.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/notes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/crc.h"
#include "lib/file.h"
#include "lib/little.h"

/*
 * A file: the magic, then notes of NOTE_BYTES each: CRC-32C of what follows it
 * (4 bytes), kind (1), number, hash, and what the kind says (8 each), little
 * endian.  What is no whole note was being written when the power went, and
 * ends the file.
 */
static const char magic[8] = "wpnotes2";
enum { VERSION_AT = 7 };
enum { NOTE_BYTES = 29 };
enum note_kind {
	NOTE_STORED = 1,    /* the record */
	NOTE_SENT,          /* its place */
	NOTE_SENT_ANYWHERE, /* 0 */
	NOTE_SINCE, /* of what is sent next: number is the time, hash 0, 0 */
	NOTE_LAST,  /* number is the bytes of a text behind it, hash that of the
	               text, 0 */
};

uint64_t
note_hash(struct span key, struct span data)
{
	char n[8];
	uint64_t sum = crc64_add(0, key.p, key.n);

	/* Else the end of a key might as well be the data's beginning. */
	little_put(n, key.n, sizeof n);
	return crc64_add(crc64_add(sum, n, sizeof n), data.p, data.n);
}

static void
write_note(struct buf *b, enum note_kind kind, uint64_t number, uint64_t hash,
    uint64_t more)
{
	char note[NOTE_BYTES];

	note[4] = (char)kind;
	little_put(note + 5, number, 8);
	little_put(note + 13, hash, 8);
	little_put(note + 21, more, 8);
	little_put(note, crc32c(note + 4, NOTE_BYTES - 4), 4);
	buf_add(b, note, sizeof note);
}

struct any_note {
	enum note_kind kind;
	uint64_t number, hash, more;
	struct span text; /* of NOTE_LAST */
};

static bool
read_note(struct span *in, struct any_note *note)
{
	if (in->n < NOTE_BYTES ||
	    little_get(in->p, 4) != crc32c(in->p + 4, NOTE_BYTES - 4))
		return false;
	*note = (struct any_note){ .kind = (enum note_kind)in->p[4],
		.number = little_get(in->p + 5, 8),
		.hash = little_get(in->p + 13, 8),
		.more = little_get(in->p + 21, 8) };
	*in = (struct span){ in->p + NOTE_BYTES, in->n - NOTE_BYTES };
	if (note->kind != NOTE_LAST)
		return true;
	if (note->number > in->n ||
	    note->hash != crc64_add(0, in->p, (size_t)note->number))
		return false;
	note->text = (struct span){ in->p, (size_t)note->number };
	*in = (struct span){ in->p + note->text.n, in->n - note->text.n };
	return true;
}

/* Goes into a file, behind its magic; false: it has another. */
static bool
begin_reading(struct span *in)
{
	if (in->n < sizeof magic || memcmp(in->p, magic, sizeof magic) != 0)
		return false;
	*in = (struct span){ in->p + sizeof magic, in->n - sizeof magic };
	return true;
}

static bool
is_other_version(struct span s)
{
	return s.n >= sizeof magic && memcmp(s.p, magic, VERSION_AT) == 0 &&
	       s.p[VERSION_AT] != magic[VERSION_AT];
}

static void
file_path(const struct notes *n, struct buf *path, uint64_t mark)
{
	buf_add_span(path, buf_span(&n->folder));
	buf_addf(path, "/%" PRIu64, mark);
	(void)buf_text(path);
}

/* --- what is there -------------------------------------------------------- */

static int
take_known(struct notes *n, const struct any_note *note)
{
	if (array_room(n->known, n->known_cap, n->nknown + 1) == -1)
		return -1;
	n->known[n->nknown++] =
	    (struct note){ note->number, note->hash, note->more };
	return 0;
}

static int
take_sent(struct notes *n, const struct any_note *note, int64_t since_ms)
{
	if (array_room(n->sent, n->sent_cap, n->nsent + 1) == -1)
		return -1;
	n->sent[n->nsent++] = (struct note_sent){ .number = note->number,
		.hash = note->hash,
		.place = note->more,
		.anywhere = note->kind == NOTE_SENT_ANYWHERE,
		.since_ms = since_ms };
	return 0;
}

static int
take_notes(struct notes *n, struct notes_file *f, struct span in, uint64_t rows)
{
	struct any_note note;
	int64_t since_ms = 0;
	int rc = 0;

	if (!begin_reading(&in))
		return 0;
	while (rc == 0 && read_note(&in, &note)) {
		switch (note.kind) {
		case NOTE_SINCE:
			since_ms = (int64_t)note.number;
			continue;
		case NOTE_LAST:
			buf_add_span(&n->last_records, note.text);
			continue;
		case NOTE_STORED:
		case NOTE_SENT:
		case NOTE_SENT_ANYWHERE:
			break;
		}
		if (note.number > f->last)
			f->last = note.number;
		if (note.number > rows)
			rc = note.kind == NOTE_STORED
			         ? take_known(n, &note)
			         : take_sent(n, &note, since_ms);
	}
	return rc;
}

/* 0, or -1 with errno. */
static int
read_file(struct notes *n, const char *name, uint64_t rows)
{
	struct notes_file f = { .mark = strtoull(name, NULL, 10) };
	struct buf path = { 0 }, bytes = { 0 };
	int rc = -1;

	if (f.mark == 0) /* "." and "..", and what is not ours */
		return 0;
	file_path(n, &path, f.mark);
	errno = ENOMEM;
	if (!path.failed && file_read(path.p, SIZE_MAX, &bytes) == 0 &&
	    !(n->foreign = is_other_version(buf_span(&bytes))) &&
	    take_notes(n, &f, buf_span(&bytes), rows) == 0 &&
	    array_room(n->file, n->file_cap, n->nfile + 1) == 0) {
		n->file[n->nfile++] = f;
		rc = 0;
	}
	buf_free(&path);
	buf_free(&bytes);
	return rc;
}

static int
by_number(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* By number, and those of one together, the first time before others. */
static int
by_sent(const void *a, const void *b)
{
	const struct note_sent *x = a, *y = b;

	if (x->number != y->number)
		return (x->number > y->number) - (x->number < y->number);
	if (x->hash != y->hash)
		return (x->hash > y->hash) - (x->hash < y->hash);
	return (x->since_ms > y->since_ms) - (x->since_ms < y->since_ms);
}

static bool
is_known(const struct notes *n, const struct note_sent *sent)
{
	const struct note key = { .number = sent->number };
	const struct note *p =
	    n->nknown == 0
		? NULL
		: bsearch(&key, n->known, n->nknown, sizeof key, by_number);

	if (p == NULL)
		return false;
	while (p > n->known && p[-1].number == sent->number)
		p--;
	for (; p < n->known + n->nknown && p->number == sent->number; p++)
		if (p->hash == sent->hash)
			return true;
	return false;
}

/* What was sent and no more. */
static void
sort_notes(struct notes *n)
{
	size_t kept = 0;

	if (n->nknown > 0)
		qsort(n->known, n->nknown, sizeof *n->known, by_number);
	if (n->nsent > 0)
		qsort(n->sent, n->nsent, sizeof *n->sent, by_sent);
	for (size_t i = 0; i < n->nsent; i++) {
		const struct note_sent *s = &n->sent[i];

		/* Several runs may have sent it. */
		if (kept > 0 && n->sent[kept - 1].number == s->number &&
		    n->sent[kept - 1].hash == s->hash) {
			n->sent[kept - 1].anywhere |= s->anywhere;
			continue;
		}
		if (!is_known(n, s))
			n->sent[kept++] = *s;
	}
	n->nsent = kept;
}

enum status
notes_open(struct notes *n, const struct checkpoint *c, uint64_t rows,
    int64_t linger_ms)
{
	const struct dirent *entry;
	int rc = -1;
	DIR *dir;

	*n =
	    (struct notes){ .checkpoint = c, .fd = -1, .linger_ms = linger_ms };
	checkpoint_path(c, &n->folder, 0, "", c->name);
	buf_add_text(&n->folder, ".notes");
	errno = ENOMEM;
	if (buf_text(&n->folder) != NULL &&
	    (mkdir(n->folder.p, 0777) == 0 || errno == EEXIST))
		rc = file_sync_name(n->folder.p);
	dir = rc == 0 ? opendir(n->folder.p) : NULL;
	rc = dir == NULL ? -1 : 0;
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		rc = read_file(n, entry->d_name, rows);
	if (dir != NULL)
		(void)closedir(dir);
	if (n->foreign)
		return checkpoint_say(c, STATUS_USAGE,
		    "the notes of what has been stored are from another "
		    "version; use that one, or start over in an empty folder");
	if (rc == -1)
		return checkpoint_say_errno(c, STATUS_SYSTEM,
		    "cannot read the notes of what has been stored");
	sort_notes(n);
	return STATUS_OK;
}

bool
notes_have(struct notes *n, uint64_t number, uint64_t hash, bool *other)
{
	bool found = false;

	*other = false;
	while (n->at < n->nknown && n->known[n->at].number < number)
		n->at++;
	/* An input that was another before has left two of a number. */
	for (size_t i = n->at;
	     i < n->nknown && n->known[i].number == number && !found; i++) {
		found = n->known[i].hash == hash;
		*other = !found;
	}
	return found;
}

const struct note_sent *
notes_sent(const struct notes *n, uint64_t number, uint64_t hash)
{
	size_t low = 0, high = n->nsent;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (n->sent[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < n->nsent && n->sent[low].number == number; low++)
		if (n->sent[low].hash == hash)
			return &n->sent[low];
	return NULL;
}

static void
give_known(struct span in, notes_known_fn *fn, void *ctx)
{
	struct any_note note;

	while (read_note(&in, &note))
		if (note.kind == NOTE_STORED)
			fn(ctx, note.hash, note.more);
}

int
notes_each_known(struct notes *n, notes_known_fn *fn, void *ctx)
{
	struct buf path = { 0 }, bytes = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n->nfile; i++) {
		struct span in;

		buf_clear(&path);
		buf_clear(&bytes);
		file_path(n, &path, n->file[i].mark);
		errno = ENOMEM;
		rc = path.failed ? -1 : file_read(path.p, SIZE_MAX, &bytes);
		in = buf_span(&bytes);
		if (rc == 0 && begin_reading(&in))
			give_known(in, fn, ctx);
	}
	give_known(buf_span(&n->pending), fn, ctx);
	buf_free(&path);
	buf_free(&bytes);
	return rc;
}

/* --- writing -------------------------------------------------------------- */

static void
add_row(struct notes *n, enum note_kind kind, uint64_t number, uint64_t hash,
    uint64_t more)
{
	write_note(&n->pending, kind, number, hash, more);
	if (number > n->noted)
		n->noted = number;
}

void
notes_add(struct notes *n, uint64_t number, uint64_t hash, uint64_t record)
{
	add_row(n, NOTE_STORED, number, hash, record);
}

void
notes_add_since(struct notes *n, int64_t since_ms)
{
	write_note(&n->pending, NOTE_SINCE, (uint64_t)since_ms, 0, 0);
}

void
notes_add_sent(struct notes *n, uint64_t number, uint64_t hash, bool anywhere,
    uint64_t place)
{
	add_row(n, anywhere ? NOTE_SENT_ANYWHERE : NOTE_SENT, number, hash,
	    anywhere ? 0 : place);
}

void
notes_add_last(struct notes *n, struct span text)
{
	if (text.n == 0)
		return;
	write_note(
	    &n->pending, NOTE_LAST, text.n, crc64_add(0, text.p, text.n), 0);
	buf_add_span(&n->pending, text);
}

/* The file of the last mark; 0, or -1 with errno. */
static int
begin_file(struct notes *n)
{
	struct buf path = { 0 };
	int rc = -1;

	file_path(n, &path, n->mark);
	errno = ENOMEM;
	if (!path.failed &&
	    array_room(n->file, n->file_cap, n->nfile + 1) == 0 &&
	    (n->fd = file_make(path.p, 0666)) != -1 &&
	    file_write(n->fd, (struct span){ magic, sizeof magic }) == 0 &&
	    file_sync_name(path.p) == 0)
		rc = 0;
	if (rc == 0) {
		n->file[n->nfile++] = (struct notes_file){ .mark = n->mark };
		n->bytes = sizeof magic;
	} else if (n->fd != -1) {
		(void)close(n->fd);
		n->fd = -1;
	}
	buf_free(&path);
	return rc;
}

/* Kept, and tried again with the next; until then a kill doubles rows. */
static void
say_failure(struct notes *n)
{
	if (!n->failing)
		diag_warn(NULL,
		    "cannot note what has been stored: %s; after a kill it is "
		    "sent again, and with --verify nothing is sent until it "
		    "can be",
		    strerror(errno));
	n->failing = true;
}

static int
append(struct notes *n)
{
	if (n->fd == -1 && begin_file(n) == -1)
		return -1;
	if (file_write(n->fd, buf_span(&n->pending)) == 0)
		return 0;
	/* Half a note would hide those that come behind it. */
	(void)!ftruncate(n->fd, (off_t)n->bytes);
	(void)lseek(n->fd, (off_t)n->bytes, SEEK_SET);
	return -1;
}

void
notes_write(struct notes *n, int64_t now_ms)
{
	if (n->pending.n == 0 && !n->pending.failed)
		return;
	errno = ENOMEM;
	if (n->pending.failed || append(n) == -1) {
		say_failure(n);
		n->pending.failed = false; /* what is there is there still */
		return;
	}
	n->bytes += n->pending.n;
	n->file[n->nfile - 1].last = n->noted;
	buf_clear(&n->pending);
	n->failing = false;
	if (!n->unsynced)
		n->sync_ms = now_ms + n->linger_ms;
	n->unsynced = true;
}

void
notes_try(struct notes *n, int64_t now_ms)
{
	/* A note that says nothing of what has been sent. */
	if (n->pending.n == 0)
		notes_add_since(n, INT64_MAX);
	notes_write(n, now_ms);
	notes_sync(n);
}

void
notes_sync(struct notes *n)
{
	if (!n->unsynced)
		return;
	n->unsynced = false;
	if (fdatasync(n->fd) == -1)
		say_failure(n);
}

int64_t
notes_due_ms(const struct notes *n)
{
	return n->unsynced ? n->sync_ms : INT64_MAX;
}

/* --- files that come and go ----------------------------------------------- */

static void
end_file(struct notes *n)
{
	notes_sync(n);
	if (n->fd != -1)
		(void)close(n->fd);
	n->fd = -1;
}

static void
remove_file(struct notes *n, size_t i)
{
	struct buf path = { 0 };

	/* One that stays is found again, and read in vain. */
	file_path(n, &path, n->file[i].mark);
	if (!path.failed)
		(void)unlink(path.p);
	buf_free(&path);
	n->nfile--;
	memmove(n->file + i, n->file + i + 1, (n->nfile - i) * sizeof *n->file);
}

bool
notes_came(const struct notes *n, uint64_t rows)
{
	return (n->nknown == 0 || n->known[n->nknown - 1].number <= rows) &&
	       (n->nsent == 0 || n->sent[n->nsent - 1].number <= rows);
}

void
notes_forget(struct notes *n)
{
	free(n->known);
	free(n->sent);
	n->known = NULL;
	n->sent = NULL;
	n->at = n->nknown = n->known_cap = n->nsent = n->sent_cap = 0;
}

void
notes_mark(struct notes *n, uint64_t mark, uint64_t rows)
{
	end_file(n);
	n->mark = mark;
	if (rows == 0)
		return;
	for (size_t i = n->nfile; i-- > 0;)
		if (n->file[i].last <= rows)
			remove_file(n, i);
}

void
notes_close(struct notes *n)
{
	if (n->checkpoint == NULL)
		return;
	end_file(n);
	buf_free(&n->folder);
	buf_free(&n->pending);
	free(n->file);
	notes_forget(n);
	buf_free(&n->last_records);
	*n = (struct notes){ 0 };
}
