// Only carries MPICH's compile and link flags to the target CMPI, which is the only one that includes <mpi.h>.
#ifndef MDRUN_CMPICH_SHIM_H
#define MDRUN_CMPICH_SHIM_H
#endif
