/* url - PARSE_URL: the parts of a URL.
 * SPDX-License-Identifier: ISC */
#include "sql/url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "lib/ascii.h"

/* p == NULL: there is no such part. */
struct url {
	struct span protocol, authority, user, host, path, query, ref;
	struct span file; /* path and query, as they stand */
};

static struct span
part(const char *from, const char *to)
{
	return (struct span){ from, (size_t)(to - from) };
}

static const char *
find(const char *from, const char *end, char c)
{
	return from == end ? NULL : memchr(from, c, (size_t)(end - from));
}

/* Java knows these without being told. */
static bool
is_known(struct span protocol)
{
	static const char *const known[] = { "http", "https", "ftp", "file",
		"mailto" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strlen(known[i]) == protocol.n &&
		    strncasecmp(known[i], protocol.p, protocol.n) == 0)
			return true;
	return false;
}

/* As Integer.parseInt() reads it; none at all is one, too. */
static bool
is_port(struct span s)
{
	int64_t port = 0;

	if (s.n > 1 && *s.p == '+') {
		s.p++;
		s.n--;
	}
	for (size_t i = 0; i < s.n && port <= INT32_MAX; i++) {
		if (!ascii_is_digit(s.p[i]))
			return false;
		port = port * 10 + (s.p[i] - '0');
	}
	return port <= INT32_MAX;
}

/* Within the brackets; what stands behind % is the name of an interface. */
static bool
is_ipv6(struct span s)
{
	const char *percent = find(s.p, s.p + s.n, '%');
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (percent != NULL)
		s.n = (size_t)(percent - s.p);
	if (s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* [user@]host[:port]; false: it is none. */
static bool
read_authority(struct span s, struct url *u)
{
	const char *end = s.p + s.n, *at = find(s.p, end, '@');
	const char *host = s.p, *colon, *p;

	u->authority = s;
	if (at != NULL) {
		if (find(at + 1, end, '@') != NULL) {
			u->host = (struct span){ "", 0 };
			return true;
		}
		u->user = part(s.p, at);
		host = at + 1;
	}
	if (host < end && *host == '[') {
		p = find(host, end, ']');
		if (p == NULL || !is_ipv6(part(host + 1, p)))
			return false;
		colon = p + 1 < end && p[1] == ':' ? p + 1 : NULL;
		if (colon == NULL && p + 1 != end)
			return false;
	} else {
		colon = find(host, end, ':');
	}
	u->host = part(host, colon == NULL ? end : colon);
	for (p = host; p < end; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	if (colon == NULL)
		return true;
	return is_port(part(colon + 1, end));
}

static bool
read_url(struct span s, struct url *u)
{
	const char *p, *end, *colon, *slash;
	bool mail;

	*u = (struct url){ 0 };
	while (s.n > 0 && (unsigned char)*s.p <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	end = s.p + s.n;
	colon = find(s.p, end, ':');
	if (colon == NULL || !is_known(part(s.p, colon)))
		return false;
	u->protocol = part(s.p, colon);
	mail = (*s.p | 0x20) == 'm';
	p = find(colon + 1, end, '#');
	if (p != NULL) {
		u->ref = part(p + 1, end);
		end = p;
	}
	s = part(colon + 1, end);
	p = mail ? NULL : find(s.p, end, '?');
	if (p != NULL) {
		u->query = part(p + 1, end);
		s.n = (size_t)(p - s.p);
	}
	u->host = (struct span){ "", 0 };
	if (!mail && s.n >= 2 && s.p[0] == '/' && s.p[1] == '/') {
		s = part(s.p + 2, s.p + s.n);
		slash = find(s.p, s.p + s.n, '/');
		if (slash == NULL)
			slash = s.p + s.n;
		if (!read_authority(part(s.p, slash), u))
			return false;
		s = part(slash, s.p + s.n);
	}
	u->path = s;
	u->file = part(s.p, end);
	return true;
}

static enum sql_step
tell(const struct sql_op *op, struct span s)
{
	return s.p == NULL ? sql_null(op) : sql_text(op, s);
}

/* The first key=value of a query, as it stands there. */
static enum sql_step
tell_key(const struct sql_op *op, struct span query, struct span key)
{
	const char *p = query.p, *end = query.p + query.n, *next;

	for (; p != NULL && p <= end; p = next == NULL ? NULL : next + 1) {
		next = find(p, end, '&');
		struct span one = part(p, next == NULL ? end : next);

		if (one.n > key.n && one.p[key.n] == '=' &&
		    memcmp(one.p, key.p, key.n) == 0)
			return sql_text(
			    op, part(one.p + key.n + 1, one.p + one.n));
	}
	return sql_null(op);
}

static enum sql_step
lower_protocol(const struct sql_op *op, struct sql_run *r, struct span s)
{
	char *p = sql_room(r, s.n);

	if (p == NULL)
		return SQL_FAIL;
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20)
		                                      : s.p[i];
	return sql_text(op, (struct span){ p, s.n });
}

enum sql_step
sql_eval_parse_url(const struct sql_op *op, struct sql_run *r)
{
	struct span what = op->arg[1]->text;
	struct url u;

	if (!read_url(op->arg[0]->text, &u))
		return sql_null(op);
	if (op->nargs == 3)
		return span_is(what, "QUERY") && u.query.p != NULL
		           ? tell_key(op, u.query, op->arg[2]->text)
		           : sql_null(op);
	if (span_is(what, "HOST"))
		return tell(op, u.host);
	if (span_is(what, "PATH"))
		return tell(op, u.path);
	if (span_is(what, "QUERY"))
		return tell(op, u.query);
	if (span_is(what, "REF"))
		return tell(op, u.ref);
	if (span_is(what, "PROTOCOL"))
		return lower_protocol(op, r, u.protocol);
	if (span_is(what, "FILE"))
		return tell(op, u.file);
	if (span_is(what, "AUTHORITY"))
		return tell(op, u.authority);
	if (span_is(what, "USERINFO"))
		return tell(op, u.user);
	return sql_null(op);
}
