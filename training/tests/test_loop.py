"""Does a training go on where it stopped, and is its schedule one of steps?"""
import unittest
try:
    import torch
    from train.loop import descend, rate
    from train.optimiser import adam
except ImportError: torch = None


@unittest.skipIf(torch is None, 'PyTorch is not installed')
class Loop(unittest.TestCase):
    def test_the_rate_rises_and_falls_by_steps(self):
        rates = [rate(step, 100, 10) for step in range(100)]
        self.assertAlmostEqual(rates[0], .1)
        self.assertEqual(max(rates), max(rates[8:12]))
        self.assertEqual(sorted(rates[10:], reverse=True), rates[10:])
        self.assertAlmostEqual(rates[-1], .0157, places=3)

    def test_a_run_in_two_pieces_is_the_run_in_one(self):
        def run(*pieces):
            torch.manual_seed(0)
            net, paused = torch.nn.Linear(3, 1), []
            x, opt = torch.randn(8, 3), adam(net, .05, 0.)

            def lesson(done):
                loss = (net(x)-1).square().mean()
                return loss, (loss,)

            for start, end in pieces:
                # The second piece has the schedule of the whole run, as --resume has.
                def stop(step, text):
                    paused.append(step)
                    if step == end and end < 20: raise StopIteration
                try: descend(opt, lesson, stop, 20, start, warm=5, every=10)
                except StopIteration: pass
            return net.weight.detach(), paused

        (one, whole), (two, pieces) = run((0, 20)), run((0, 10), (10, 20))
        torch.testing.assert_close(one, two)
        self.assertEqual(whole, pieces)
        self.assertEqual(whole, [10, 20])


if __name__ == '__main__': unittest.main()
