/* SPDX-License-Identifier: MIT */
/* Whether a text is one value of JSON (RFC 8259), strictly. */
#ifndef TESTS_JSON_H
#define TESTS_JSON_H

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static const char *json_any(const char *c);

/* Each of these returns what follows, or NULL where it is not JSON. */
static inline const char *json_text(const char *c)
{
    if (*c++ != '"')
        return NULL;
    for (; *c != '"'; c++) {
        if ((unsigned char)*c < ' ')
            return NULL;
        if (*c == '\\') {
            c++;
            if (*c == 'u') {
                for (int k = 0; k < 4; k++)
                    if (!isxdigit((unsigned char)*++c))
                        return NULL;
            } else if (!*c || !strchr("\"\\/bfnrt", *c)) {
                return NULL;
            }
        }
    }
    return c + 1;
}

static inline const char *json_digits(const char *c)
{
    if (!isdigit((unsigned char)*c))
        return NULL;
    while (isdigit((unsigned char)*c))
        c++;
    return c;
}

static inline const char *json_number(const char *c)
{
    c += *c == '-';
    const char *first = c;
    c = json_digits(c);
    if (!c || (*first == '0' && c > first + 1))
        return NULL;
    if (*c == '.' && !(c = json_digits(c + 1)))
        return NULL;
    if (*c == 'e' || *c == 'E') {
        c++;
        c += *c == '+' || *c == '-';
        c = json_digits(c);
    }
    return c;
}

/* What stands between brackets: members of an object or elements of an array.
 */
static inline const char *json_list(const char *c, char end)
{
    if (*++c == end)
        return c + 1;
    for (;;) {
        if (end == '}') {
            c = json_text(c);
            if (!c || *c++ != ':')
                return NULL;
        }
        c = json_any(c);
        if (!c)
            return NULL;
        if (*c == end)
            return c + 1;
        if (*c++ != ',')
            return NULL;
    }
}

static const char *json_any(const char *c)
{
    static const char *const words[] = {"true", "false", "null"};
    if (*c == '{')
        return json_list(c, '}');
    if (*c == '[')
        return json_list(c, ']');
    if (*c == '"')
        return json_text(c);
    for (int k = 0; k < 3; k++)
        if (strncmp(c, words[k], strlen(words[k])) == 0)
            return c + strlen(words[k]);
    return json_number(c);
}

/* Whether every line is one object. */
static inline int json_lines(const char *text)
{
    while (*text) {
        if (*text != '{')
            return 0;
        text = json_any(text);
        if (!text || *text++ != '\n')
            return 0;
    }
    return 1;
}

#endif
