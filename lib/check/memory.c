/* SPDX-License-Identifier: MIT */
/* Alone in its file: a test puts its own in this place, and makes each allocation fail. */
#include "lib/check/entries.h"

#include <stdint.h>
#include <stdlib.h>

void *hgi_allocate(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return malloc(count * size > 0 ? count * size : 1);
}

void hgi_free(void *memory)
{
    free(memory);
}
