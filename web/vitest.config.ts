import { mergeConfig } from 'vite'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import app from './vite.config'

/** No worker is left alone with a long file at the end, also where no earlier run tells which are long. */
class LongestFirst extends BaseSequencer {
  private static readonly long = /(walks|session|openedAgain|leaving)\.test\.ts$/

  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => LongestFirst.long.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default mergeConfig(
  app,
  defineConfig({
    test: {
      environment: 'jsdom',
      include: ['tests/unit/**/*.test.{ts,tsx}'],
      // Many are random edits by the thousand, which a busy machine takes longer for; many only wait.
      testTimeout: 30_000,
      maxWorkers: 3,
      sequence: { sequencer: LongestFirst },
    },
  }),
)
