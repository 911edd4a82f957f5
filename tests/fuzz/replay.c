/* replay - run a fuzz target over the files and folders named, without
 * libFuzzer, so that every compiler can check the corpus.
 * SPDX-License-Identifier: ISC */
#include <errno.h>
#include <ftw.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* Folders nested deeper cost time, not descriptors. */
enum { DESCRIPTORS_MAX = 16 };

static size_t files;

/* The input has a block of its own size: a sanitizer sees one byte beyond. */
static int
replay(const char *path, size_t size)
{
	FILE *in = fopen(path, "rb");
	uint8_t *input = malloc(size == 0 ? 1 : size);
	int rc = -1;

	if (in != NULL && input != NULL && fread(input, 1, size, in) == size)
		rc = 0;
	if (rc == 0) {
		/* An abort names the property; REPLAY_VERBOSE=1 the input. */
		if (getenv("REPLAY_VERBOSE") != NULL)
			fprintf(stderr, "%s\n", path);
		LLVMFuzzerTestOneInput(input, size);
		files++;
	} else {
		fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	}
	free(input);
	if (in != NULL)
		fclose(in);
	return rc;
}

static int
visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)at;
	if (type == FTW_F)
		return replay(path, (size_t)st->st_size);
	if (type == FTW_DNR || type == FTW_NS) {
		fprintf(stderr, "replay: %s: cannot be read\n", path);
		return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE-OR-FOLDER...\n", argv[0]);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		errno = 0;
		if (nftw(argv[i], visit, DESCRIPTORS_MAX, 0) != 0) {
			if (errno != 0)
				fprintf(stderr, "replay: %s: %s\n", argv[i],
				    strerror(errno));
			return 1;
		}
	}
	printf("%zu inputs\n", files);
	/* An empty corpus proves nothing. */
	return files == 0;
}
