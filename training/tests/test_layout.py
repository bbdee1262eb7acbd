"""Can a stranger read the tree: short lines, imports that go one way, a manual whose commands are there?"""
import ast, pathlib, re, unittest

HERE = pathlib.Path(__file__).parent.parent
LONGEST = 119
# A folder imports from those before it, and from itself.
ORDER = ['data', 'networks', 'train', 'maps', 'assembly', 'gpu', 'evaluate', 'tests']
LISTS = {'base', 'torso', 'head'}


def sources():
    return sorted(p for folder in ORDER for p in (HERE/folder).rglob('*.py'))


def imports(path):
    """The folders of this tree that a file imports from."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level: names = [node.module]
        yield from (name.split('.')[0] for name in names if name.split('.')[0] in ORDER)


class Layout(unittest.TestCase):
    def test_lines_fit(self):
        prose = [HERE/'README.md', HERE/'NOTEBOOK.md', *HERE.glob('*/README.md')]
        for path in sources()+prose:
            for n, line in enumerate(path.read_text().split('\n'), 1):
                if path.suffix == '.md' and line.startswith(('|', '![', '    ')): continue  # what cannot be wrapped
                self.assertLessEqual(len(line), LONGEST, f'{path.relative_to(HERE)}:{n}')

    def test_folders_import_one_way(self):
        for path in sources():
            own = path.relative_to(HERE).parts[0]
            for folder in imports(path):
                why = f'{path.relative_to(HERE)} imports {folder}'
                self.assertLessEqual(ORDER.index(folder), ORDER.index(own), why)

    def test_the_slots_are_listed_once(self):
        for path in sources():
            if path == HERE/'data/slots.py': continue
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, (ast.List, ast.Tuple)): continue
                words = {e.value for e in node.elts if isinstance(e, ast.Constant)}
                self.assertFalse(LISTS <= words, f'{path.relative_to(HERE)}:{node.lineno} lists the slots anew')

    def test_the_commands_of_the_manual_are_there(self):
        named = set(re.findall(r'python -m ([\w.]+)', (HERE/'README.md').read_text()))
        self.assertGreater(len(named), 20)
        for name in sorted(named-{'unittest', 'venv'}):
            path = HERE/name.replace('.', '/')
            runs = path.with_suffix('.py') if path.with_suffix('.py').exists() else path/'__main__.py'
            self.assertTrue(runs.exists(), f'README.md says `python -m {name}`')
            command = runs.name == '__main__.py' or "__name__ == '__main__'" in runs.read_text()
            self.assertTrue(command, f'{name} is no command')

    def test_the_flags_of_the_manual_are_there(self):
        for name, rest in re.findall(r'`python -m ([\w.]+)([^`]*)`', (HERE/'README.md').read_text()):
            if name in ('unittest', 'venv'): continue
            path = HERE/name.replace('.', '/')
            runs = path.with_suffix('.py') if path.with_suffix('.py').exists() else path/'__main__.py'
            for flag in set(re.findall(r'--[a-z][\w-]*', rest))-{'--help'}:
                self.assertIn(f"'{flag}'", runs.read_text(), f'README.md gives {name} a flag that it does not have')


if __name__ == '__main__': unittest.main()
