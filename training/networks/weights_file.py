"""The one GGUF file of weights that the program reads."""
import hashlib, json, os
import gguf
import numpy as np


class Weights:
    """What such a file holds: `config`, `words`, those of them that were `taught`, and by name each tensor's bytes and
    their type."""

    def __init__(
        self, path=None, name='figurine', license='MIT OR Apache-2.0', source='', words='', config=None, taught=''
    ):
        self.name, self.license, self.source, self.words, self.config = name, license, source, words, config or {}
        self.taught, self.tensors = taught, {}
        if not path: return
        file = gguf.GGUFReader(path)
        text = lambda key: file.fields[key].contents()
        self.name, self.license = text('general.name'), text('general.license')
        self.source, self.words = text('general.source'), text('gen3d.words')
        self.config = json.loads(text('gen3d.config'))
        if 'gen3d.taught' in file.fields: self.taught = text('gen3d.taught')
        self.tensors = {t.name: (np.array(t.data), t.tensor_type) for t in file.tensors}

    def values(self, name):
        """A tensor as f32, whatever its type."""
        data, kind = self.tensors[name]
        return np.array(gguf.quants.dequantize(data, kind), np.float32)

    def replace(self, stem, tensors):
        """All tensors whose names begin with `stem` go, and these come."""
        self.tensors = {k: v for k, v in self.tensors.items() if not k.startswith(stem)}
        self.tensors.update({stem+k: v for k, v in tensors.items()})

    def write(self, path):
        w, digest = gguf.GGUFWriter(path+'.part', 'gen3d'), hashlib.sha256()
        w.add_name(self.name), w.add_license(self.license)
        w.add_string('general.source', self.source), w.add_string('gen3d.config', json.dumps(self.config))
        if self.words: w.add_string('gen3d.words', self.words)
        if self.taught: w.add_string('gen3d.taught', self.taught)
        for name, (data, kind) in sorted(self.tensors.items()):
            digest.update(name.encode()), digest.update(data.tobytes())
            w.add_tensor(name, data, raw_dtype=kind)
        w.add_string('gen3d.sha256', digest.hexdigest())
        w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()
        os.replace(path+'.part', path)
        print(path, os.path.getsize(path), 'bytes', digest.hexdigest())


def stored(x, kind):
    """An array's bytes in a type of GGML's, by its name."""
    t = gguf.GGMLQuantizationType[kind.upper()]
    return np.ascontiguousarray(gguf.quants.quantize(np.ascontiguousarray(x, np.float32), t)), t
