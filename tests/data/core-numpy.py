# SPDX-License-Identifier: GPL-3.0-or-later
# Made core-numpy-stored.npz, core-numpy-deflated.npz and core-numpy-object.npz with NumPy, the
# independent writer that test-npy.c reads against.  Run in this folder to make them again.
import numpy as np

n = np.arange(24)
arrays = {}
for code in ['f4', 'f8', 'i1', 'i2', 'i4', 'i8']:
    for order in '<>':
        arrays[f'{"big" if order == ">" else "little"}_{code}'] = (n * 5 - 50).astype(order + code).reshape(2, 3, 4)
for code in ['u1', 'u2', 'u4', 'u8']:
    for order in '<>':
        arrays[f'{"big" if order == ">" else "little"}_{code}'] = (n * 5).astype(order + code).reshape(2, 3, 4)
arrays['bool'] = (n % 3 == 0).reshape(2, 3, 4)
arrays['fortran_2'] = np.asfortranarray((n * 5 - 50).astype('<f8').reshape(4, 6))
arrays['fortran_3'] = np.asfortranarray((n * 5 - 50).astype('>i2').reshape(2, 3, 4))
arrays['scalar'] = np.float64(-2.5)
arrays['vector'] = np.array([1e300, -0.0, np.nan, np.inf])
arrays['empty'] = np.zeros((3, 0, 2), 'f4')
arrays['complex'] = np.zeros(2, 'c16')
arrays['half'] = np.zeros(2, 'f2')
arrays['record'] = np.zeros(2, [('a', 'f4'), ('b', 'i4')])
arrays['names'] = np.array(['a0', 'β', '', 'a long name, with 𝛼'])
arrays['names_big'] = np.array(['x', 'café']).astype('>U4')
arrays['rows'] = (np.arange(1000 * 7) % 251).astype('u1').reshape(1000, 7)
np.savez('core-numpy-stored.npz', **arrays)
np.savez_compressed('core-numpy-deflated.npz', **arrays)
np.savez('core-numpy-object.npz', theta=np.arange(3.0), x=np.array([{}, 'evil'], dtype=object))
