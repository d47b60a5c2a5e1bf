#!/usr/bin/env python3
"""Tests of export_schnetpack.py that need no PyTorch: python3 scripts/test_export_schnetpack.py

They write small torch-like archives by hand: hostile pickles, a broken one, a tensor that reaches beyond its storage.
"""

import os
import pickle
import shutil
import sys
import tempfile
import unittest
import zipfile

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import export_schnetpack as exporter


class Call:
    """Pickles as a call of `function` with `arguments`."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


class ExportTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def archive(self, content):
        path = os.path.join(self.folder, "model")
        with zipfile.ZipFile(path, "w") as z:
            z.writestr("model/data.pkl", content if isinstance(content, bytes) else pickle.dumps(content, 2))
        return path

    def test_forbidden_globals_are_errors_and_do_not_run(self):
        mark = os.path.join(self.folder, "mark")
        for hostile in (Call(os.system, f"touch {mark}"), Call(eval, f"open({mark!r}, 'w')"), Call(shutil.copy, __file__, mark), Call(open, mark, "w")):
            with self.assertRaisesRegex(exporter.ExportError, "forbidden global"):
                exporter.unpickle(self.archive([hostile]))
        self.assertFalse(os.path.exists(mark))

    def test_unknown_functions_become_inert_stubs(self):
        mark = os.path.join(self.folder, "mark.npy")
        root = exporter.unpickle(self.archive(Call(np.save, mark, 3)))
        self.assertIsInstance(root, exporter.Stub)
        self.assertEqual(root.name, "save")
        self.assertEqual(root.args, (mark, 3))
        self.assertFalse(os.path.exists(mark))

    def test_other_files_are_refused_with_a_reason(self):
        plain = os.path.join(self.folder, "plain")
        open(plain, "w").write("no archive")
        with self.assertRaisesRegex(exporter.ExportError, "no torch zip archive"):
            exporter.unpickle(plain)
        with self.assertRaisesRegex(exporter.ExportError, "not a whole model"):
            exporter.find_potential(exporter.unpickle(self.archive({"state_dict": 1})))

    def test_a_tensor_stays_inside_its_storage(self):
        storage = np.arange(6, dtype="f4")
        np.testing.assert_array_equal(exporter.rebuild_tensor(storage, 1, (2, 2), (2, 1)), [[1, 2], [3, 4]])
        for offset, size, stride in ((3, (2, 2), (2, 1)), (-1, (1,), (1,)), (0, (2,), (-1,))):
            with self.assertRaises(exporter.ExportError):
                exporter.rebuild_tensor(storage, offset, size, stride)

    def test_safetensors_layout(self):
        blob = exporter.safetensors({"a": np.array([[1.0, 2.0]], "f4"), "b": np.array(3.5)}, {"k": "v"})
        length = int.from_bytes(blob[:8], "little")
        self.assertEqual(length % 8, 0)
        header = exporter.json.loads(blob[8 : 8 + length])
        self.assertEqual(header["a"], {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]})
        self.assertEqual(header["b"], {"dtype": "F64", "shape": [], "data_offsets": [8, 16]})
        self.assertEqual(np.frombuffer(blob[8 + length + 8 :], "<f8")[0], 3.5)


if __name__ == "__main__":
    unittest.main()
