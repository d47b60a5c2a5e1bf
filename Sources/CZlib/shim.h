#ifndef MDRUN_CZLIB_SHIM_H
#define MDRUN_CZLIB_SHIM_H
#include <zlib.h>
#endif
